using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 2 SYSENTER, SYSEXIT; AMD64 manual vol. 3 SYSCALL, SYSRET.</summary>
public sealed class FastCallTests
{
    [Fact]
    public void Sysenter_and_sysexit_go_by_three_registers()
    {
        using Bench bench = new(vendor: "GenuineIntel");
        InterpreterCore c = bench.C;
        bench.Protected(3);
        c.SystemFlags |= (ulong)RFlags.IF;
        Assert.False(FastCalls.SysEnter(c));
        Assert.Equal((Vector.GP, 0u), bench.Fault);
        bench.Clear();
        (c.S.SysenterCs, c.S.SysenterEsp, c.S.SysenterEip) = (Bench.Code0, 0x6000, 0xC000_0000);
        Assert.True(FastCalls.SysEnter(c));
        Assert.Equal((0, 0xC000_0000UL, 0x6000UL, Bench.Code0, Bench.Data0), (c.Cpl, c.Rip, bench.Esp, bench.Selector(Seg.CS), bench.Selector(Seg.SS)));
        Assert.Equal(0UL, c.SystemFlags & (ulong)RFlags.IF);
        c.Gpr(1) = 0x7000;
        c.Gpr(2) = 0x1234;
        Assert.True(FastCalls.SysExit(c, to64: false));
        Assert.Equal((3, 0x1234UL, 0x7000UL, Bench.Code3, Bench.Data3), (c.Cpl, c.Rip, bench.Esp, bench.Selector(Seg.CS), bench.Selector(Seg.SS)));
        Assert.False(FastCalls.SysExit(c, to64: false));
        Assert.Equal((Vector.GP, 0u), bench.Fault);
    }

    [Fact]
    public void Vendors_differ_about_where_fast_calls_exist()
    {
        using Bench amd = new();
        amd.Long(0, Bench.Long0);
        amd.C.S.SysenterCs = 8;
        Assert.False(FastCalls.SysEnter(amd.C));
        Assert.Equal((Vector.UD, 0u), amd.Fault);
        Assert.False(FastCalls.SysExit(amd.C, true));
        amd.Protected(3);
        amd.C.S.Efer = Efer.SCE;
        amd.C.S.Star = 0x0013_0008_0000_5000;
        Assert.True(FastCalls.SysCall(amd.C, 0x102));
        Assert.Equal((0x102UL, 0x5000UL, 0), (amd.C.Gpr(1), amd.C.Rip, amd.C.Cpl));

        using Bench intel = new(vendor: "GenuineIntel");
        intel.Protected(3);
        intel.C.S.Efer = Efer.SCE;
        Assert.False(FastCalls.SysCall(intel.C, 0x102));
        Assert.Equal((Vector.UD, 0u), intel.Fault);
        intel.Clear();
        intel.Long(0, Bench.Long0);
        intel.C.Gpr(1) = 0x8000_0000_0000;
        Assert.False(FastCalls.SysRet(intel.C, to64: true));
        Assert.Equal((Vector.GP, 0u), intel.Fault);
    }

    [Theory]
    [InlineData(Bench.Long3, 0xFFFF_8000_0000_1000UL)]
    [InlineData(Bench.Code3, 0xFFFF_8000_0000_2000UL)]
    public void Syscall_and_sysret_in_long_mode(ushort code, ulong target)
    {
        using Bench bench = new();
        InterpreterCore c = bench.C;
        bench.Long(3, code);
        c.S.Star = ((ulong)0x13 << 48) | ((ulong)Bench.Long0 << 32);
        c.S.LStar = 0xFFFF_8000_0000_1000;
        c.S.CStar = 0xFFFF_8000_0000_2000;
        c.S.SfMask = (ulong)(RFlags.IF | RFlags.DF);
        c.Rflags = (ulong)(RFlags.IF | RFlags.DF | RFlags.CF | RFlags.Fixed1);
        ulong flags = c.Rflags;
        Assert.True(FastCalls.SysCall(c, 0x102));
        Assert.Equal((0, target, 0x102UL, flags), (c.Cpl, c.Rip, c.Gpr(1), c.Gpr(11)));
        Assert.Equal((ulong)(RFlags.CF | RFlags.Fixed1), c.Rflags);
        Assert.True(c.Is64Bit);
        Assert.True(FastCalls.SysRet(c, to64: code == Bench.Long3));
        Assert.Equal((3, 0x102UL, flags), (c.Cpl, c.Rip, c.Rflags));
        Assert.Equal((code == Bench.Long3 ? 0x23 : 0x13, 0x1B), (bench.Selector(Seg.CS), bench.Selector(Seg.SS)));
        Assert.Equal(code == Bench.Long3, c.Is64Bit);
        Assert.False(FastCalls.SysRet(c, to64: false));
        Assert.Equal((Vector.GP, 0u), bench.Fault);
        bench.Clear();
        c.S.Efer &= ~Efer.SCE;
        Assert.False(FastCalls.SysCall(c, 0));
        Assert.Equal((Vector.UD, 0u), bench.Fault);
    }
}
