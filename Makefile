# Each target calls scripts/dev.py, which also works by itself where make is absent.
PYTHON ?= python3
export FILE XDM DETACH

.PHONY: demo stop tour test check patient doctor notices migrate bench screenshots journeys help
demo stop tour test check patient doctor notices migrate bench screenshots journeys help:
	@$(PYTHON) scripts/dev.py $@
.DEFAULT_GOAL := help
