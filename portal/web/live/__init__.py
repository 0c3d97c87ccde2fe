"""What browsers and the process of events ask of the pages, so that screens follow what others do."""
