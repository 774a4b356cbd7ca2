"""The recipe of the presentation-attack-detection network: data, recapture simulation, distillation, export."""
