FROM scratch AS base # the base
