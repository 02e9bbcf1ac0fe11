"""The only room that knows pytest."""
