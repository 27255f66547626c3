"""The generator, the content loss and the other losses, and how a slice is prepared."""
