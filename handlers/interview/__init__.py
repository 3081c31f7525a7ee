"""The interview: the questions, the certificate, the decision, and the flow between them."""
