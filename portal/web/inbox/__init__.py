"""The shared inbox in the browser: views, list, conversation, what one writes."""
