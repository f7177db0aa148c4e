"""`csm eval`: how well mails are judged and drafts written, on cases with known answers."""

from typing import Literal

# Here, because the command line names them and must not wait for what the rest imports.
Method = Literal["rules", "simulator", "live"]
Split = Literal["dev", "test"]
