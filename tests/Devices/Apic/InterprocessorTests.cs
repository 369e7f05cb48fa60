using System.Linq;

namespace Doppel.Devices.Tests.Apic;

/// <summary>Interrupts from one local APIC to others: every delivery mode with every way to name the receivers (Intel SDM vol. 3A 11.6.1).</summary>
public sealed class InterprocessorTests
{
    private const uint Assert32 = 0x4000;

    private readonly ApicRig _rig = new(4);

    public InterprocessorTests()
    {
        foreach (ApicRig.Cpu cpu in _rig.Cpus)
        {
            cpu.Enable();
        }
    }

    // Shorthand in bits 19:18, delivery mode in bits 10:8.
    [Theory]
    [InlineData(0x0_0400u, "0010", "nmi")]
    [InlineData(0x8_0400u, "1111", "nmi")]
    [InlineData(0xC_0400u, "1011", "nmi")]
    [InlineData(0x0_0500u, "0010", "init")]
    [InlineData(0xC_0500u, "1011", "init")]
    [InlineData(0x0_0612u, "0010", "sipi 18")]
    [InlineData(0xC_0612u, "1011", "sipi 18")]
    [InlineData(0x4_0400u, "0000", "nmi")] // NMI to oneself by shorthand is not valid
    [InlineData(0x0_0300u, "0000", "nmi")] // reserved mode
    public void Pins_of_those_that_are_named_are_driven(uint command, string who, string pin)
    {
        _rig.Cpus[1][0x310] = 0x0200_0000;
        _rig.Cpus[1][0x300] = command | Assert32;
        Assert.Equal(who, string.Concat(_rig.Cpus.Select(cpu => cpu.Pins.Count)));
        Assert.All(_rig.Cpus.SelectMany(cpu => cpu.Pins), driven => Assert.Equal(pin, driven));
    }

    [Fact]
    public void A_software_disabled_apic_still_takes_init_startup_and_nmi_but_no_vector()
    {
        _rig.Cpus[3][0xF0] = 0xFF;
        _rig.First[0x310] = 0x0300_0000;
        foreach (uint command in (uint[])[0x4500, 0x4608, 0x4400, 0x4055])
        {
            _rig.First[0x300] = command;
        }

        Assert.Equal(["init", "sipi 8", "nmi"], _rig.Cpus[3].Pins);
        Assert.Equal(-1, _rig.Cpus[3].Acknowledge());
    }

    [Fact]
    public void An_interrupt_to_oneself_and_to_nobody()
    {
        _rig.Cpus[2][0x300] = 0x4_4077;
        Assert.Equal(0x77, _rig.Cpus[2].Acknowledge());
        _rig.Cpus[2][0x310] = 0x0900_0000;
        _rig.Cpus[2][0x300] = 0x4078;
        Assert.All(_rig.Cpus, cpu => Assert.Equal(-1, cpu.Acknowledge()));
    }

    [Fact]
    public void The_lowest_priority_takes_it_and_a_busy_processor_counts_as_high()
    {
        foreach (ApicRig.Cpu cpu in _rig.Cpus)
        {
            cpu[0xD0] = 0xFF00_0000;
        }

        _rig.First[0x310] = 0xFF00_0000;
        for (int round = 0; round < 4; round++)
        {
            // Whoever has one in service is passed over.
            _rig.First[0x300] = 0x4961;
            Assert.Equal(0x61, _rig.Cpus[round].Acknowledge());
        }
    }

    [Fact]
    public void X2apic_broadcasts_reach_all_in_physical_and_logical_mode()
    {
        foreach (ApicRig.Cpu cpu in _rig.Cpus)
        {
            Assert.True(cpu.Apic.TryReadMsr(0x1B, out ulong state));
            Assert.True(cpu.Apic.TryWriteMsr(0x1B, state | 0x400));
        }

        foreach (ulong command in (ulong[])[0xFFFF_FFFF_0000_4051, 0xFFFF_FFFF_0000_4851, 0x0000_000F_0000_4851])
        {
            Assert.True(_rig.First.Apic.TryWriteMsr(0x830, command));
            foreach (ApicRig.Cpu cpu in _rig.Cpus)
            {
                Assert.Equal(0x51, cpu.Acknowledge());
                Assert.True(cpu.Apic.TryWriteMsr(0x80B, 0));
            }
        }
    }
}
