"""What is served: one opened snapshot as one audience sees it, followed and prepared."""
