"""`python -m csm_cli`: the `csm` command where no script is on the path."""

from csm_cli.main import app

if __name__ == "__main__":
    app()
