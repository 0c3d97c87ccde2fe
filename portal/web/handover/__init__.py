"""La relève on screen: what is open, who signs next, and the handovers that were."""
