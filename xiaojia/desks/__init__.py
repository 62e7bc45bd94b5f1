"""One folder per role: what that person sees and does in one sitting."""
