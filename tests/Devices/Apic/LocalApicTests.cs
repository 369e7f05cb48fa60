using System;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Apic;

public sealed class LocalApicTests
{
    private readonly ApicRig _rig = new();

    private ApicRig.Cpu Cpu => _rig.First;

    [Fact]
    public void Reset_values_are_the_manuals()
    {
        Assert.Equal(0x0005_0014u, Cpu[0x30]);
        Assert.Equal(0xFFu, Cpu[0xF0]);
        Assert.Equal(uint.MaxValue, Cpu[0xE0]);
        Assert.Equal(0x1_0000u, Cpu[0x350]);
        Assert.True(Cpu.Apic.TryReadMsr(0x1B, out ulong value));
        Assert.Equal(0xFEE0_0900ul, value);
        Assert.Equal(0xFFFF_FFFFul, Cpu.Slot.ReadMmio(ApicRig.Page + 0x24, AccessSize.Dword));
    }

    [Fact]
    public void Higher_class_interrupts_lower_and_end_of_interrupt_returns_to_it()
    {
        Cpu.Enable();
        Self(0x41);
        Assert.True(Cpu.Intr.High);
        Assert.Equal(0x41, Cpu.Acknowledge());
        Assert.False(Cpu.Intr.High);
        Assert.Equal(0x40u, Cpu[0xA0]);
        Self(0x42);
        Assert.False(Cpu.Intr.High);
        Self(0x51);
        Assert.Equal(0x51, Cpu.Acknowledge());
        Cpu[0xB0] = 0;
        Assert.Equal(-1, Cpu.Acknowledge());
        Cpu[0xB0] = 0;
        Assert.Equal(0x42, Cpu.Acknowledge());
        Assert.Equal(4u, Cpu[0x120]);
        Cpu[0xB0] = 0;
        Cpu[0xB0] = 0;
        Assert.Equal(0u, Cpu[0xA0]);
    }

    [Fact]
    public void Task_priority_holds_back_its_class()
    {
        Cpu.Enable();
        Cpu.Apic.TaskPriority = 4;
        Assert.Equal(0x40u, Cpu[0x80]);
        Self(0x4F);
        Assert.False(Cpu.Intr.High);
        Cpu[0x80] = 0x3F;
        Assert.True(Cpu.Intr.High);
        Assert.Equal(3, Cpu.Apic.TaskPriority);
    }

    [Fact]
    public void Software_disabled_apic_takes_no_fixed_interrupts_and_masks_its_table()
    {
        Self(0x40);
        Assert.False(Cpu.Intr.High);
        Cpu[0x350] = 0x700;
        Assert.Equal(0x1_0700u, Cpu[0x350]);
        Cpu.Enable();
        Cpu[0x350] = 0x700;
        Assert.Equal(0x700u, Cpu[0x350]);
        Cpu[0xF0] = 0xFF;
        Assert.Equal(0x1_0700u, Cpu[0x350]);
    }

    [Fact]
    public void Virtual_wire_mode_passes_the_8259_pair_on()
    {
        FakePic pic = new();
        Cpu.Apic.SetExternalController(pic);
        Cpu.Apic.SetInput(0, true);
        Assert.False(Cpu.Intr.High);
        Cpu.Apic.EnterVirtualWireMode();
        Assert.True(Cpu.Intr.High);
        Assert.Equal(0x77, Cpu.Acknowledge());
        Assert.Equal(0u, Cpu[0x130]);
        pic.Answers = false;
        Assert.Equal(-1, Cpu.Acknowledge());
        Cpu.Apic.SetInput(0, false);
        Assert.False(Cpu.Intr.High);
        Cpu.Apic.SetInput(1, true);
        Assert.Equal(["nmi"], Cpu.Pins);
    }

    [Fact]
    public void Virtual_wire_can_be_the_reset_state()
    {
        ApicRig rig = new(2, new LocalApicOptions { VirtualWireAtReset = true });
        rig.Cpus[0].Apic.SetInput(0, true);
        rig.Cpus[1].Apic.SetInput(0, true);
        Assert.True(rig.Cpus[0].Intr.High);
        Assert.False(rig.Cpus[1].Intr.High);
    }

    [Fact]
    public void Globally_disabled_apic_is_two_plain_pins()
    {
        FakePic pic = new();
        Cpu.Apic.SetExternalController(pic);
        Assert.True(Cpu.Apic.TryWriteMsr(0x1B, 0xFEE0_0000));
        Assert.Null(Cpu.Slot.Mmio[0].At);
        Cpu.Apic.SetInput(0, true);
        Assert.True(Cpu.Intr.High);
        Assert.Equal(0x77, Cpu.Acknowledge());
        Cpu.Apic.SetInput(1, true);
        Assert.Equal(["nmi"], Cpu.Pins);
    }

    [Fact]
    public void Page_moves_and_reserved_bits_are_refused()
    {
        Assert.True(Cpu.Apic.TryWriteMsr(0x1B, 0x1234_5800));
        Assert.Equal(new Gpa(0x1234_5000), Cpu.Slot.Mmio[0].At);
        Assert.True(Cpu.Apic.TryReadMsr(0x1B, out ulong value));
        Assert.Equal(0x1234_5900ul, value);
        Assert.False(Cpu.Apic.TryWriteMsr(0x1B, 0xFEE0_0801));
        Assert.False(Cpu.Apic.TryWriteMsr(0x1B, 1UL << 41 | 0x800));
        Assert.False(Cpu.Apic.TryWriteMsr(0x1B, 0xFEE0_0400));
    }

    [Fact]
    public void Level_line_is_requested_again_after_end_of_interrupt()
    {
        Cpu.Enable();
        Cpu[0x350] = 0x8060;
        Cpu.Apic.SetInput(0, true);
        Assert.Equal(0xC060u, Cpu[0x350]);
        Assert.Equal(0x60, Cpu.Acknowledge());
        Cpu[0xB0] = 0;
        Assert.Equal(0x60, Cpu.Acknowledge());
        Cpu.Apic.SetInput(0, false);
        Cpu[0xB0] = 0;
        Assert.Equal(-1, Cpu.Acknowledge());
        Assert.Equal(0x8060u, Cpu[0x350]);
    }

    [Fact]
    public void Errors_are_latched_by_a_write_and_raise_their_vector()
    {
        Cpu.Enable();
        Cpu[0x370] = 0xFE;
        Self(5);
        Assert.Equal(0xFE, Cpu.Acknowledge());
        Assert.Equal(0u, Cpu[0x280]);
        Cpu[0x280] = 0;
        Assert.Equal(0x20u, Cpu[0x280]);
        Cpu[0x280] = 0;
        Assert.Equal(0u, Cpu[0x280]);
        _ = Cpu[0x20 - 0x20];
        Cpu[0x280] = 0;
        Assert.Equal(0x80u, Cpu[0x280]);
    }

    [Fact]
    public void Illegal_error_vector_does_not_recurse()
    {
        Cpu.Enable();
        Cpu[0x370] = 3;
        Self(5);
        Cpu[0x280] = 0;
        Assert.Equal(0x60u, Cpu[0x280]);
    }

    [Fact]
    public void Destinations_physical_flat_and_cluster()
    {
        ApicRig rig = new(4);
        for (int i = 0; i < 4; i++)
        {
            rig.Cpus[i].Enable();
            rig.Cpus[i][0xD0] = 1u << (24 + i);
        }

        Send(rig, 0x0200_0000, 0x40);
        Assert.Equal("0010", Taken(rig));
        Send(rig, 0xFF00_0000, 0x40);
        Assert.Equal("1111", Taken(rig));
        Send(rig, 0x0900_0000, 0x840);
        Assert.Equal("1001", Taken(rig));
        Send(rig, 0, 0xC_0040);
        Assert.Equal("0111", Taken(rig));
        Send(rig, 0, 0x8_0040);
        Assert.Equal("1111", Taken(rig));
        Send(rig, 0x0F00_0000, 0x940);
        Assert.Equal("1000", Taken(rig));
        rig.First[0x80] = 0x50;
        Send(rig, 0x0F00_0000, 0x940);
        Assert.Equal("0100", Taken(rig));
        rig.First[0x80] = 0;
        for (int i = 0; i < 4; i++)
        {
            rig.Cpus[i][0xE0] = 0x0FFF_FFFF;
            rig.Cpus[i][0xD0] = (uint)(((i / 2) << 4) | (1 << (i & 1))) << 24;
        }

        Send(rig, 0x1200_0000, 0x840);
        Assert.Equal("0001", Taken(rig));
        Send(rig, 0xF100_0000, 0x840);
        Assert.Equal("1010", Taken(rig));
    }

    [Fact]
    public void Init_startup_and_nmi_reach_the_pins()
    {
        ApicRig rig = new(2);
        Send(rig, 0x0100_0000, 0x4500);
        Send(rig, 0x0100_0000, 0x8500);
        Send(rig, 0x0100_0000, 0x4609);
        Send(rig, 0x0100_0000, 0x4400);
        Assert.Equal(["init", "sipi 9", "nmi"], rig.Cpus[1].Pins);
        Assert.Empty(rig.Cpus[0].Pins);
        rig.Cpus[1][0x20] = 0x0700_0000;
        rig.Cpus[1].Enable();
        rig.Cpus[1].Apic.Init();
        Assert.Equal(0x0700_0000u, rig.Cpus[1][0x20]);
        Assert.Equal(0xFFu, rig.Cpus[1][0xF0]);
    }

    [Fact]
    public void Message_signalled_interrupt_is_delivered()
    {
        Cpu.Enable();
        _rig.Bus.DeliverMsi(new Gpa(0xFEE0_0000), 0x4055);
        _rig.Bus.DeliverMsi(new Gpa(0xFED0_0000), 0x4066);
        Assert.Equal(0x55, Cpu.Acknowledge());
        Assert.Equal(-1, Cpu.Acknowledge());
    }

    [Fact]
    public void X2Apic_registers_are_msrs()
    {
        LocalApic apic = Cpu.Apic;
        Assert.False(apic.TryReadMsr(0x802, out _));
        Assert.True(apic.TryWriteMsr(0x1B, 0xFEE0_0C00));
        Assert.Null(Cpu.Slot.Mmio[0].At);
        Assert.False(apic.TryWriteMsr(0x1B, 0xFEE0_0800));
        Assert.True(apic.TryWriteMsr(0x80F, 0x1FF));
        Assert.True(apic.TryReadMsr(0x80D, out ulong ldr));
        Assert.Equal(1ul, ldr);
        Assert.True(apic.TryWriteMsr(0x83F, 0x71));
        Assert.Equal(0x71, Cpu.Acknowledge());
        Assert.False(apic.TryWriteMsr(0x80B, 1));
        Assert.True(apic.TryWriteMsr(0x80B, 0));
        Assert.True(apic.TryWriteMsr(0x830, 0x0000_0000_0000_0072));
        Assert.Equal(0x72, Cpu.Acknowledge());
        Assert.True(apic.TryWriteMsr(0x830, 0x0000_0001_0000_0873));
        Assert.True(apic.TryReadMsr(0x830, out ulong command));
        Assert.Equal(0x0000_0001_0000_0873ul, command);
        Assert.False(apic.TryWriteMsr(0x808, 0x100));
        Assert.False(apic.TryWriteMsr(0x80D, 1));
        Assert.True(apic.TryWriteMsr(0x1B, 0xFEE0_0000));
        Assert.False(apic.TryWriteMsr(0x1B, 0xFEE0_0C00));
    }

    [Fact]
    public void Adv49_x2apic_msr_range()
    {
        foreach (ulong mode in new ulong[] { 0xFEE0_0800, 0xFEE0_0C00 })
        {
            Assert.True(Cpu.Apic.TryWriteMsr(0x1B, mode));
            for (uint msr = 0; msr < 0x2000; msr++)
            {
                bool known = msr is 0x1B or 0x6E0 || (mode == 0xFEE0_0C00 && msr is >= 0x800 and <= 0x83F);
                bool read = Cpu.Apic.TryReadMsr(msr, out ulong value);
                Assert.True(known || (!read && value == 0), msr.ToString("X"));
                if (msr != 0x1B)
                {
                    bool wrote = Cpu.Apic.TryWriteMsr(msr, ulong.MaxValue);
                    Assert.Equal(msr == 0x6E0, wrote);
                }
            }

            foreach (uint msr in new uint[] { 0x4000_0000, 0xC000_0000, 0xC000_0080, 0xC001_1FFF, uint.MaxValue })
            {
                Assert.False(Cpu.Apic.TryReadMsr(msr, out _));
                Assert.False(Cpu.Apic.TryWriteMsr(msr, 0));
            }
        }
    }

    [Fact]
    public void Saved_apic_continues_the_same()
    {
        Cpu.Enable();
        Cpu[0x320] = 0x2_0050;
        Cpu[0x3E0] = 0xB;
        Cpu[0x380] = 10_000;
        Cpu.Slot.Time.Advance(12_345);
        Self(0x61);
        Cpu.Acknowledge();
        Self(0x72);
        StateTape tape = StateTape.Of(Cpu.Apic);

        ApicRig other = new();
        other.First.Slot.Time.Now = Cpu.Slot.Time.Now;
        tape.RestoreInto(other.First.Apic);
        Assert.Equal(tape.Text, StateTape.Of(other.First.Apic).Text);
        Assert.True(other.First.Intr.High);
        Assert.Equal(Cpu[0x390], other.First[0x390]);
        Cpu.Slot.Time.Advance(20_000);
        other.First.Slot.Time.Advance(20_000);
        Assert.Equal(StateTape.Of(Cpu.Apic).Text, StateTape.Of(other.First.Apic).Text);
        Assert.True(tape.TryReplace("base", 0xFEE0_0401ul));
        Assert.Throws<StateFormatException>(() => tape.RestoreInto(other.First.Apic));
        Assert.True(tape.TryReplace("base", 0xFEE0_0900ul));
        Assert.True(tape.TryReplace("irr", 1ul));
        Assert.Throws<StateFormatException>(() => tape.RestoreInto(other.First.Apic));
    }

    internal static string Taken(ApicRig rig)
    {
        string taken = "";
        foreach (ApicRig.Cpu cpu in rig.Cpus)
        {
            taken += cpu.Acknowledge() >= 0 ? '1' : '0';
            cpu[0xB0] = 0;
        }

        return taken;
    }

    private static void Send(ApicRig rig, uint destination, uint command)
    {
        rig.First[0x310] = destination;
        rig.First[0x300] = command;
    }

    private void Self(byte vector) => Cpu[0x300] = 0x4_0000u | vector;

    private sealed class FakePic : IInterruptController
    {
        public bool Answers { get; set; } = true;

        public string Name => "pic";

        public int InputCount => 16;

        public void SetInput(int pin, bool high) => throw new InvalidOperationException();

        public void SetOutput(IInterruptLine intr) => throw new InvalidOperationException();

        public bool TryAcknowledge(out byte vector)
        {
            vector = 0x77;
            return Answers;
        }

        public void Connect(IDeviceSlot slot)
        {
        }

        public void Reset(ResetKind kind)
        {
        }

        public void Save(IStateWriter to)
        {
        }

        public void Restore(IStateReader from)
        {
        }
    }
}
