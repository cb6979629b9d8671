"""さぽらんて登録団体: organizations registered at the support centre."""
