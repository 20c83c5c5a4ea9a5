"""A model's clip attention goes on learning on unlabelled footage.

Only the few hundred numbers of clip attention change; what the model sees of people stays as it is.
"""
