"""What tools and endpoints really share: both call it, and it calls neither. What one side alone uses lives there."""
