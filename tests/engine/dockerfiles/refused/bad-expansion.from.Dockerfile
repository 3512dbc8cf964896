FROM ${A:?unset}
