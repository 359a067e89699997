"""Where the clock's ticks enter: training starts, compaction, model swaps."""
