"""The product beside other ways of searching, and beside the exact ranking: begin with side_by_side.py."""
