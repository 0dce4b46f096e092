"""`lastcall demo`: the GPT-4.5 Preview case on the real code path, with a simulated company and a fast clock."""
