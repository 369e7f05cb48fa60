using System;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Apic;

public sealed class IoApicTests
{
    private readonly ApicRig _rig = new();

    public IoApicTests() => _rig.First.Enable();

    [Fact]
    public void Registers_read_as_the_datasheet_says()
    {
        Assert.Equal(0x0017_0020u, _rig.IoRead(1));
        _rig.IoWrite(0, uint.MaxValue);
        Assert.Equal(0x0F00_0000u, _rig.IoRead(0));
        Assert.Equal(0x1_0000u, _rig.IoRead(0x10));
        _rig.WriteEntry(23, ulong.MaxValue);
        Assert.Equal(0x0001_AFFFu, _rig.IoRead(0x3E));
        Assert.Equal(0xFF00_0000u, _rig.IoRead(0x3F));
        Assert.Equal(uint.MaxValue, _rig.IoRead(0x40));
        _rig.IoWrite(0xFF, 1);
    }

    [Fact]
    public void Edge_is_delivered_once_and_lost_while_masked()
    {
        _rig.Io.SetInput(4, true);
        _rig.WriteEntry(4, 0x40);
        Assert.Equal(-1, _rig.First.Acknowledge());
        _rig.Io.SetInput(4, false);
        _rig.Io.SetInput(4, true);
        _rig.Io.SetInput(4, true);
        Assert.Equal(0x40, _rig.First.Acknowledge());
        Assert.Equal(-1, _rig.First.Acknowledge());
    }

    [Fact]
    public void Level_waits_for_end_of_interrupt_and_comes_again()
    {
        _rig.WriteEntry(17, 0x8050);
        _rig.Io.SetInput(17, true);
        Assert.Equal(0x0000_C050u, _rig.IoRead(0x10 + 34));
        Assert.Equal(0x50, _rig.First.Acknowledge());
        _rig.Io.SetInput(17, false);
        _rig.Io.SetInput(17, true);
        Assert.Equal(-1, _rig.First.Acknowledge());
        _rig.First[0xB0] = 0;
        Assert.Equal(0x50, _rig.First.Acknowledge());
        _rig.Io.SetInput(17, false);
        _rig.First[0xB0] = 0;
        Assert.Equal(0x8050u, _rig.IoRead(0x10 + 34));
        Assert.False(_rig.First.Intr.High);
    }

    [Fact]
    public void Own_end_of_interrupt_register_and_switch_to_edge_clear_remote_irr()
    {
        _rig.WriteEntry(17, 0x8050);
        _rig.Io.SetInput(17, true);
        _rig.Io.SetInput(17, false);
        _rig.IoSlot.WriteMmio(0xFEC0_0040, AccessSize.Dword, 0x50);
        Assert.Equal(0x8050u, _rig.IoRead(0x10 + 34));
        _rig.Io.SetInput(17, true);
        _rig.WriteEntry(17, 0x1_0050);
        _rig.WriteEntry(17, 0x1_8050);
        Assert.Equal(0x1_8050u, _rig.IoRead(0x10 + 34));
    }

    [Fact]
    public void Level_without_a_taker_is_not_stuck()
    {
        _rig.WriteEntry(17, 0x0900_0000_0000_8050);
        _rig.Io.SetInput(17, true);
        Assert.Equal(0x8050u, _rig.IoRead(0x10 + 34));
        _rig.WriteEntry(17, 0x8050);
        Assert.Equal(0x50, _rig.First.Acknowledge());
    }

    [Fact]
    public void Saved_io_apic_restores()
    {
        _rig.WriteEntry(17, 0x8050);
        _rig.WriteEntry(3, 0x1_0833);
        _rig.Io.SetInput(17, true);
        StateTape tape = StateTape.Of(_rig.Io);
        ApicRig other = new();
        tape.RestoreInto(other.Io);
        Assert.Equal(tape.Text, StateTape.Of(other.Io).Text);
        Assert.True(tape.TryReplace("selected", 0x100ul));
        Assert.Throws<StateFormatException>(() => tape.RestoreInto(other.Io));
    }

    [Fact]
    public void Random_traffic_never_throws_and_repeats()
    {
        Assert.Equal(Storm(3), Storm(3));
        Assert.NotEqual(Storm(3), Storm(4));
    }

    private static string Storm(int seed)
    {
        ApicRig rig = new(2);
        Random random = new(seed);
        for (int i = 0; i < 100_000; i++)
        {
            ApicRig.Cpu cpu = rig.Cpus[random.Next(2)];
            uint offset = (uint)random.Next(0x40) << 4;
            uint value = random.Next(3) == 0 ? (uint)random.Next(0x200) : (uint)random.NextInt64(1L << 32);
            switch (random.Next(12))
            {
                case 0:
                    _ = cpu[offset];
                    break;
                case 1:
                    cpu[0xF0] = 0x1FF;
                    break;
                case 2:
                    rig.Io.SetInput(random.Next(24), random.Next(2) == 0);
                    break;
                case 3:
                    rig.IoWrite((byte)random.Next(0x50), value);
                    break;
                case 4:
                    cpu.Acknowledge();
                    break;
                case 5:
                    cpu.Apic.TryWriteMsr((uint)(0x800 + random.Next(0x40)), random.Next(2) == 0 ? value : (ulong)random.NextInt64());
                    break;
                case 6:
                    cpu.Apic.TryWriteMsr(0x1B, 0xFEE0_0000 | ((ulong)random.Next(4) << 10));
                    break;
                case 7:
                    cpu.Slot.Time.Advance(random.Next(3000));
                    break;
                case 8:
                    cpu.Apic.SetInput(random.Next(2), random.Next(2) == 0);
                    break;
                case 9:
                    cpu.Apic.TryWriteMsr(0x6E0, (ulong)random.Next(1 << 22));
                    break;
                default:
                    cpu[offset] = value;
                    break;
            }

            if (i % 16 == 0)
            {
                cpu.Pins.Clear();
            }
        }

        return StateTape.Of(rig.Io).Text + StateTape.Of(rig.Cpus[0].Apic).Text + StateTape.Of(rig.Cpus[1].Apic).Text;
    }
}
