using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Apic;

public sealed class ApicTimerTests
{
    private readonly ApicRig _rig = new();

    public ApicTimerTests()
    {
        Cpu.Enable();
        Cpu[0x3E0] = 0xB;
    }

    private ApicRig.Cpu Cpu => _rig.First;

    private FakeClock Time => Cpu.Slot.Time;

    [Fact]
    public void One_shot_counts_down_and_fires_once()
    {
        Cpu[0x320] = 0x50;
        Cpu[0x380] = 5000;
        Time.Advance(2000);
        Assert.Equal(3000u, Cpu[0x390]);
        Time.Advance(2999);
        Assert.False(Cpu.Intr.High);
        Time.Advance(1);
        Assert.Equal(0x50, Cpu.Acknowledge());
        Assert.Equal(0u, Cpu[0x390]);
        Time.Advance(100_000);
        Assert.Equal(1, Time.FiredCount);
    }

    [Theory]
    [InlineData(0x0, 2)]
    [InlineData(0x1, 4)]
    [InlineData(0x3, 16)]
    [InlineData(0x8, 32)]
    [InlineData(0xA, 128)]
    [InlineData(0xB, 1)]
    public void Divider_slows_the_count(uint configuration, int divide)
    {
        Cpu[0x3E0] = configuration;
        Cpu[0x380] = 1000;
        Time.Advance(10 * divide);
        Assert.Equal(990u, Cpu[0x390]);
    }

    [Fact]
    public void Divider_change_keeps_the_count()
    {
        Cpu[0x320] = 0x50;
        Cpu[0x380] = 5000;
        Time.Advance(1000);
        Cpu[0x3E0] = 0x0;
        Assert.Equal(4000u, Cpu[0x390]);
        Time.Advance(7999);
        Assert.False(Cpu.Intr.High);
        Time.Advance(1);
        Assert.True(Cpu.Intr.High);
    }

    [Fact]
    public void Periodic_timer_reloads()
    {
        Cpu[0x320] = 0x2_0050;
        Cpu[0x380] = 2000;
        Time.Advance(10_500);
        Assert.Equal(5, Time.FiredCount);
        Assert.Equal(1500u, Cpu[0x390]);
        Cpu[0x380] = 0;
        Time.Advance(10_000);
        Assert.Equal(5, Time.FiredCount);
    }

    [Fact]
    public void Nanosecond_period_costs_at_most_one_event_a_microsecond()
    {
        Cpu[0x320] = 0x2_0050;
        Cpu[0x380] = 1;
        Time.Advance(1_000_000);
        Assert.InRange(Time.FiredCount, 500, 1001);
        Assert.Equal(0x50, Cpu.Acknowledge());
    }

    [Fact]
    public void Masked_timer_counts_silently()
    {
        Cpu[0x320] = 0x3_0050;
        Cpu[0x380] = 2000;
        Time.Advance(5000);
        Assert.Equal(0, Time.FiredCount);
        Assert.Equal(1000u, Cpu[0x390]);
        Cpu[0x320] = 0x2_0050;
        Time.Advance(1000);
        Assert.Equal(0x50, Cpu.Acknowledge());
    }

    [Fact]
    public void Deadline_fires_once_and_disarms()
    {
        Cpu.Apic.TryWriteMsr(0x6E0, 5000);
        Assert.True(Cpu.Apic.TryReadMsr(0x6E0, out ulong deadline));
        Assert.Equal(0ul, deadline);
        Cpu[0x320] = 0x4_0050;
        Cpu[0x380] = 77;
        Assert.Equal(0u, Cpu[0x390]);
        Cpu.Apic.TryWriteMsr(0x6E0, 5000);
        Time.Advance(4999);
        Assert.False(Cpu.Intr.High);
        Time.Advance(1);
        Assert.Equal(0x50, Cpu.Acknowledge());
        Cpu.Apic.TryReadMsr(0x6E0, out deadline);
        Assert.Equal(0ul, deadline);
        Cpu.Apic.TryWriteMsr(0x6E0, 1);
        Time.Advance(0);
        Cpu[0xB0] = 0;
        Assert.Equal(0x50, Cpu.Acknowledge());
        Cpu.Apic.TryWriteMsr(0x6E0, ulong.MaxValue);
        Cpu[0x320] = 0x50;
        Cpu.Apic.TryReadMsr(0x6E0, out deadline);
        Assert.Equal(0ul, deadline);
    }
}
