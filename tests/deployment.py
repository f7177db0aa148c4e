"""What tests of Compose file, manifests and units share: settings behind environment variables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from csm.settings import CommonSettings
from csm_cli.roles import ROLES
from csm_cli.services import SERVICES, names

ROOT = Path(__file__).parents[1]
# Not of settings: where csm.toml is, and the crash points that only tests set.
_OTHERS = ("CSM_CONFIG",)


def read(path: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / path).read_text())


def settings_of(service: str) -> type[CommonSettings]:
    """The settings model of a service."""
    return next(model for model in SERVICES if model.section == service)


def is_setting(variable: str, model: type[BaseModel]) -> bool:
    """Whether a variable (CSM_NATS__URL) names a field of the model."""
    if variable in _OTHERS:
        return True
    current: type[BaseModel] | None = model
    for part in variable.removeprefix("CSM_").lower().split("__"):
        if current is None or part not in current.model_fields:
            return False
        current = _model_in(current.model_fields[part].annotation)
    return True


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def foreign_variables(service: str, environment: Mapping[str, object]) -> list[str]:
    """Variables of CSM that the service would refuse or ignore."""
    models = SERVICES if service not in names() else (settings_of(service),)
    ours = (name for name in environment if name.startswith("CSM_"))
    return [name for name in ours if not any(is_setting(name, model) for model in models)]


def foreign_secrets(service: str, mounted: set[str]) -> set[str]:
    """Secrets of other services among those that one gets."""
    others = {*ROLES, "operator", "provision"} - {service}
    return mounted & {f"{other}{end}" for other in others for end in (".nk", "-database-url")}
