"""What becomes of a network: a finding, or a line in a list with the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

Standing = Literal["finding", "explained", "small", "chance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a network must reach to be a finding; the parameters of `coordinated_network`."""

    channels_min: int
    objects_min: int
    explained_max: float
    p_max: float

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the bar that the parameters in force set."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    def standing(self, network: Mapping[str, Any]) -> Standing:
        """Return what a row of NETWORKS is: the first that holds of explained, small, chance; else a finding.

        explained: an excuse accounts for more than `explained_max` of it. small: fewer members than `channels_min`, or
        fewer objects than `objects_min`. chance: each of its pairs stands among all that were found, and yet a network
        of such pairs somewhere among all that were tested would be no surprise (`p_value` above `p_max`).

        >>> network = {"members": ["x:a", "x:b"], "objects": 9, "explained": 0.0, "p_value": 1e-9}
        >>> Bar(channels_min=3, objects_min=3, explained_max=0.9, p_max=0.2).standing(network)
        'small'
        """
        if network["explained"] > self.explained_max:
            return "explained"
        if len(network["members"]) < self.channels_min or network["objects"] < self.objects_min:
            return "small"
        return "finding" if network["p_value"] <= self.p_max else "chance"
