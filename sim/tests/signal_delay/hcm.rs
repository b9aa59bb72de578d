//! Control delay at a fixed-time signal as the Highway Capacity Manual computes it, and Webster's formula beside it.

/// One lane at a fixed-time signal. Plain numbers in seconds and vehicles an hour, as the manual writes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    /// C, s.
    pub(crate) cycle_s: f64,
    /// g, s: green, less start-up lost time, plus what is used of the yellow.
    pub(crate) effective_green_s: f64,
    /// s, vehicles an hour of green.
    pub(crate) saturation_flow: f64,
}

impl Lane {
    /// c = s g / C, vehicles an hour.
    pub(crate) fn capacity(&self) -> f64 {
        self.saturation_flow * self.effective_green_s / self.cycle_s
    }

    /// X = q / c.
    pub(crate) fn saturation(&self, flow: f64) -> f64 {
        flow / self.capacity()
    }

    /// d1, s: what arrivals at even intervals lose.
    pub(crate) fn uniform_delay_s(&self, flow: f64) -> f64 {
        let share = self.effective_green_s / self.cycle_s;
        let used = self.saturation(flow).min(1.0) * share;
        0.5 * self.cycle_s * (1.0 - share) * (1.0 - share) / (1.0 - used)
    }

    /// d2, s: what chance adds in a period of `hours` that begins without a queue; k = 0.5 (fixed time), I = 1 (an isolated approach).
    pub(crate) fn incremental_delay_s(&self, flow: f64, hours: f64) -> f64 {
        const K: f64 = 0.5;
        const I: f64 = 1.0;
        let (x, capacity) = (self.saturation(flow), self.capacity());
        let over = x - 1.0;
        900.0 * hours * (over + (over * over + 8.0 * K * I * x / (capacity * hours)).sqrt())
    }

    /// d1 + d2, s.
    pub(crate) fn control_delay_s(&self, flow: f64, hours: f64) -> f64 {
        self.uniform_delay_s(flow) + self.incremental_delay_s(flow, hours)
    }

    /// Webster's delay of a steady state, s; for X below 1 (Traffic signal settings, 1958).
    pub(crate) fn webster_s(&self, flow: f64) -> f64 {
        let (share, x, q) = (self.effective_green_s / self.cycle_s, self.saturation(flow), flow / 3600.0);
        self.cycle_s * (1.0 - share) * (1.0 - share) / (2.0 * (1.0 - share * x))
            + x * x / (2.0 * q * (1.0 - x))
            - 0.65 * libm::cbrt(self.cycle_s / (q * q)) * libm::pow(x, 2.0 + 5.0 * share)
    }
}
