"""派遣・紹介: shortlist, inquiries, the requester's consent, decision, dispatch and report."""
