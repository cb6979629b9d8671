"""支援依頼: what an organization asks for, up to its acceptance at a desk."""
