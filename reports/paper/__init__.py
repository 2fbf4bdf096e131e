"""The paper of Laquitaine et al. (arXiv:2505.11309): its figures and its statements, checked."""
