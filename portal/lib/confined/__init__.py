"""Run a function on hostile bytes in a child process that can do nothing but compute.

`call("package.module:function", payload, limits=Limits())` gives back what `function(payload)` returned.
The child inherits no secret, opens no file, no socket and no process, and dies when it takes too much.
"""

from __future__ import annotations

from portal.lib.confined.contract import ChildFailed, ChildUnavailable, Limits, Refused
from portal.lib.confined.parent import call, close_all

__all__ = ["ChildFailed", "ChildUnavailable", "Limits", "Refused", "call", "close_all"]
