using System;
using System.Collections.Generic;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>What guests have used against hypervisors' instruction emulation, by the names of the list of adversarial cases. Far transfers have a file of their own.</summary>
public sealed class AdversarialTests
{
    [Fact]
    public void Adv38_aam_zero_is_the_guests_divide_error()
    {
        foreach (Surroundings where in Surroundings.All)
        {
            using WholeMachine m = new(where);
            m.Put(m.CodeAt, 0xD4, 0x00);
            m.R.Gpr[0] = 0x1234;
            m.Step();
            Vector wanted = where.Mode == Mode.Long ? Vector.UD : Vector.DE;
            Assert.Equal((Handler(wanted), 0x1234UL), (m.R.Rip, m.R.Gpr[0]));
        }

        // Undocumented divisors and multipliers work.
        using WholeMachine odd = new(new Surroundings(Mode.Protected32, 3, 0));
        odd.Put(odd.CodeAt, 0xD4, 0x10, 0xD5, 0x10);
        odd.R.Gpr[0] = 0xA5;
        odd.Step();
        Assert.Equal(0x0A05UL, odd.R.Gpr[0]);
        odd.Step();
        Assert.Equal(0x00A5UL, odd.R.Gpr[0]);
    }

    [Theory]
    [InlineData("F4")]
    [InlineData("0F0117")]
    [InlineData("0F011F")]
    [InlineData("0F01F0")]
    [InlineData("0F0137")]
    public void Adv42_cpl_checks(string code)
    {
        foreach (Mode mode in (Mode[])[Mode.Protected16, Mode.Protected32, Mode.Virtual8086, Mode.Compatibility, Mode.Long])
        {
            for (int cpl = mode == Mode.Virtual8086 ? 3 : 1; cpl <= 3; cpl++)
            {
                using WholeMachine m = new(new Surroundings(mode, cpl, 3));
                m.Put(m.CodeAt, Convert.FromHexString(code));
                m.Put64(m.DataAt, 0xFFFF_FFFF_FFFF_FFFF);
                m.R.Gpr[0] = 0xFFFF;
                VcpuRecord before = m.R;
                m.Step();
                Assert.Equal(Handler(Vector.GP), m.R.Rip);
                Assert.Equal((before.Cr0, before.Gdtr.Limit, before.Idtr.Limit), (m.R.Cr0, m.R.Gdtr.Limit, m.R.Idtr.Limit));
                Assert.Equal(VcpuActivity.Running, m.R.Activity);
            }
        }
    }

    // The bit offset in a register is signed: -2^31 reaches 2^28 bytes down, 2^31 - 1 as far up (Intel SDM vol. 2 BT).
    [Theory]
    [InlineData(0xA3, 0x8000_0000u, 0x1000_0000u, 0)]
    [InlineData(0xAB, 0x8000_0000u, 0x1000_0000u, 0)]
    [InlineData(0xB3, 0x7FFF_FFFFu, 0xF000_0004u, 31)]
    [InlineData(0xBB, 0x7FFF_FFFFu, 0xF000_0004u, 31)]
    public void Adv44_bt_offset(byte opcode, uint offset, uint displacement, int bit)
    {
        foreach (bool set in (bool[])[false, true])
        {
            using WholeMachine m = new(new Surroundings(Mode.Protected32, 3, 0));
            m.Put(m.CodeAt, 0x0F, opcode, 0x07);
            m.R.Gpr[0] = offset;
            m.R.Gpr[7] = m.DataAt + displacement;
            uint old = set ? 1u << bit : 0;
            m.Put32(m.DataAt, old);
            m.Step();
            Assert.Equal(m.CodeAt + 3UL, m.R.Rip);
            Assert.Equal(set ? 1UL : 0, m.R.Rflags & 1);
            uint wanted = opcode switch { 0xA3 => old, 0xAB => 1u << bit, 0xB3 => 0, _ => old ^ (1u << bit) };
            Assert.Equal(wanted, (uint)m.Get(m.DataAt, 4));
        }
    }

    [Theory]
    [InlineData("480FA307", 0x8000_0000_0000_0000, Vector.GP)]
    [InlineData("480FAB07", 0x7FFF_FFFF_FFFF_FFFF, Vector.GP)]
    [InlineData("480FBB07", 0xFFFF_FFFF_8000_0000, Vector.PF)]
    public void Adv44_bt_offset_in_64_bit_code(string code, ulong offset, Vector vector)
    {
        using WholeMachine m = new(new Surroundings(Mode.Long, 3, 0));
        m.Put(m.CodeAt, Convert.FromHexString(code));
        m.R.Gpr[0] = offset;
        m.R.Gpr[7] = vector == Vector.PF ? 0x7FFF_F000_0000UL : m.DataAt;
        m.Step();
        Assert.Equal(Handler(vector), m.R.Rip);
        Assert.Equal(vector == Vector.PF ? 0x7FFF_E000_0000UL : 0, vector == Vector.PF ? m.R.Cr2 : 0);
    }

    [Fact]
    public void Adv44_bt_offset_outside_the_segment_is_a_protection_fault()
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected16, 3, 0));
        m.Put(m.CodeAt, 0x66, 0x0F, 0xAB, 0x07);
        m.R.Gpr[0] = 0x0007_FFFF;
        m.R.Segment[3].Limit = 0xEFFF;
        m.R.Gpr[3] = m.R.Gpr[7] = 0xFFF0;
        m.Step();
        Assert.Equal((Handler(Vector.GP), 0UL), (m.R.Rip, m.R.Cr2));
    }

    // Handlers that meet their own exception again: the run comes back when its budget is spent, and a stop is heeded.
    [Theory]
    [InlineData(Vector.DB)]
    [InlineData(Vector.UD)]
    [InlineData(Vector.GP)]
    public void Adv45_exception_loop(Vector vector)
    {
        foreach (Mode mode in (Mode[])[Mode.Protected32, Mode.Virtual8086, Mode.Long])
        {
            using WholeMachine m = new(new Surroundings(mode, 3, 0));
            m.Put(m.CodeAt, 0x0F, 0x0B);
            uint handler = (uint)Handler(vector);
            m.Gate(6, handler, 0);
            switch (vector)
            {
                case Vector.DB:
                    m.R.Dr[0] = handler; // a breakpoint on the handler's first instruction
                    m.R.Dr[7] = 0x401;
                    break;
                case Vector.GP:
                    m.Put(handler, 0xB8, 0x33, 0x00, 0x00, 0x00, 0x8E, 0xD8); // a bad selector into DS
                    break;
                default:
                    m.Put(handler, 0x0F, 0x0B);
                    break;
            }

            ulong before = m.Vcpu.RetiredInstructions;
            StopReason reason = m.Run(5000);
            Assert.True(reason is StopReason.Budget or StopReason.Shutdown, $"{mode}: {reason}");
            Assert.True(reason == StopReason.Shutdown || m.Vcpu.RetiredInstructions - before == 5000);
            m.Vcpu.Kick();
            Assert.Equal(StopReason.Kick, m.Vcpu.Run(new RunLimits(ulong.MaxValue)));
        }
    }

    // IRET in compatibility mode with frames at every awkward place: one step each, to the next instruction or a handler, never a loop.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Adv46_compat_iret(int cpl)
    {
        ulong[] pointers = [0, 1, 0xFFF, 0x20_0000 - 4, 0x20_0000, 0x7FFF_FFFC, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFC, 0xFFFF_FFFF];
        foreach (ulong pointer in pointers)
        {
            foreach (byte[] code in (byte[][])[[0xCF], [0x66, 0xCF], [0x48, 0xCF]])
            {
                using WholeMachine m = new(new Surroundings(Mode.Compatibility, cpl, 0));
                m.Put(m.CodeAt, code);
                m.R.Gpr[4] = pointer;
                ulong before = m.Vcpu.RetiredInstructions;
                StopReason reason = m.Run(1);
                Assert.True(reason is StopReason.Budget or StopReason.Shutdown);
                Assert.True(m.Vcpu.RetiredInstructions - before <= 1);
            }
        }

        foreach ((ushort cs, ushort ss, ulong flags) in Frames())
        {
            using WholeMachine m = new(new Surroundings(Mode.Compatibility, cpl, 0));
            m.Put(m.CodeAt, 0xCF);
            m.Frame(4, WholeMachine.FastTarget, cs, flags, 0xD000, ss);
            Assert.Equal(StopReason.Budget, m.Run(1));
            Assert.True(m.R.Rip == WholeMachine.FastTarget || (m.R.Rip >= WholeMachine.Handlers && m.R.Rip < WholeMachine.Handlers + 0x1000), $"{cs:X} {ss:X} {flags:X}: {m.R.Rip:X}");
            Assert.Equal(0UL, m.R.Rflags & (ulong)RFlags.VM);
        }
    }

    // Another processor overwrites the instruction that is leaving the machine: what was begun is finished as decoded, what comes next is new.
    [Fact]
    public void Adv48_cross_modify()
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 0, 0));
        m.Put(m.CodeAt, 0xE6, 0x80, 0x43, 0x43, 0xF4); // out 80h, al; inc ebx; inc ebx; hlt
        using IVcpu other = m.AddVcpu();
        VcpuState state = new();
        m.Vcpu.Load(state);
        state.R = m.R;
        m.Put(0x1_8000, 0xC7, 0x07, 0x0F, 0x0B, 0x4B, 0x4B, 0xF4); // mov dword [edi], ud2; dec ebx; dec ebx
        state.R.Rip = 0x1_8000;
        state.R.Gpr[7] = m.CodeAt;
        other.Store(state);
        List<ushort> ports = [];
        m.PortWritten = port =>
        {
            ports.Add(port);
            Assert.Equal(StopReason.Budget, other.Run(new RunLimits(1)));
        };
        ulong ebx = m.R.Gpr[3];
        Assert.Equal(StopReason.Halt, m.Run(100));
        Assert.Equal([(ushort)0x80], ports);
        Assert.Equal((ebx - 2, m.CodeAt + 5UL), (m.R.Gpr[3], m.R.Rip));
        m.R.Rip = m.CodeAt;
        m.R.Activity = VcpuActivity.Running;
        m.Step();
        Assert.Equal(Handler(Vector.UD), m.R.Rip);
    }

    // Every index answers with a value, the same twice, or with #GP and registers as they were; all ones written is taken or #GP.
    [Theory]
    [InlineData(0u, 0x2000u)]
    [InlineData(0x4000_0000u, 0x4000_0100u)]
    [InlineData(0xC000_0000u, 0xC000_2000u)]
    [InlineData(0xC000_FF00u, 0xC001_2000u)]
    [InlineData(0xFFFF_FF00u, 0xFFFF_FFFFu)]
    public void Adv49_x2apic_msr_range(uint first, uint end)
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 0, 0));
        m.Put(m.CodeAt, 0x0F, 0x32, 0x90);
        m.Put(m.CodeAt + 0x10, 0x0F, 0x30, 0x90);
        VcpuRecord start = m.R;
        for (ulong msr = first; msr < end; msr++)
        {
            (ulong Rip, ulong Eax, ulong Edx) once = Read(m, start, msr);
            if (msr is not 0x10)
            {
                Assert.Equal(once, Read(m, start, msr));
            }

            bool known = once.Rip == m.CodeAt + 2;
            Assert.True(known ? once.Eax >> 32 == 0 && once.Edx >> 32 == 0 : once == (Handler(Vector.GP), 0x1111_2222, 0x3333_4444), $"{msr:X}: {once}");
            m.R = start;
            m.R.Rip = m.CodeAt + 0x10;
            m.R.Gpr[1] = msr;
            m.R.Gpr[0] = m.R.Gpr[2] = uint.MaxValue;
            m.Step();
            Assert.True(m.R.Rip == m.CodeAt + 0x12 || m.R.Rip == Handler(Vector.GP), $"write {msr:X}: {m.R.Rip:X}");
        }
    }

    private static (ulong Rip, ulong Eax, ulong Edx) Read(WholeMachine m, in VcpuRecord start, ulong msr)
    {
        m.R = start;
        (m.R.Gpr[0], m.R.Gpr[1], m.R.Gpr[2]) = (0x1111_2222, msr, 0x3333_4444);
        m.Step();
        return (m.R.Rip, m.R.Gpr[0], m.R.Gpr[2]);
    }

    private static IEnumerable<(ushort Cs, ushort Ss, ulong Flags)> Frames()
    {
        ushort[] code = [0, 4, WholeMachine.Code0, WholeMachine.Code3, WholeMachine.Long0, WholeMachine.Long3, WholeMachine.Data3, WholeMachine.TaskSelector, 0xFFF8, 0xFFFF];
        ushort[] stack = [0, 3, WholeMachine.Data0, WholeMachine.Data3, WholeMachine.Code3, 0xFFFB];
        foreach (ushort cs in code)
        {
            foreach (ushort ss in stack)
            {
                yield return (cs, ss, 2);
                yield return (cs, ss, (ulong)(RFlags.VM | RFlags.NT | RFlags.IOPL) | 2);
            }
        }
    }

    private static ulong Handler(Vector vector) => WholeMachine.Handlers + ((ulong)vector * 16);
}
