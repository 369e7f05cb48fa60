using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>RDMSR, WRMSR, CPUID, RDTSC, XSETBV (Intel SDM vol. 2 and 4).</summary>
public sealed class MsrTests : System.IDisposable
{
    private const ulong Noncanonical = 0x8000_0000_0000;
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(Msr.SysenterCs, 0x8UL)]
    [InlineData(Msr.SysenterEip, 0xFFFF_8000_0000_0000UL)]
    [InlineData(Msr.LStar, 0xFFFF_FFFF_8000_0000UL)]
    [InlineData(Msr.Star, 0x0023_0010_0000_0000UL)]
    [InlineData(Msr.SfMask, 0x4_7700UL)]
    [InlineData(Msr.FsBase, 0x7FFF_0000_0000UL)]
    [InlineData(Msr.GsBase, 0xFFFF_8880_0000_0000UL)]
    [InlineData(Msr.KernelGsBase, 0x1000UL)]
    [InlineData(Msr.TscAux, 0x123UL)]
    [InlineData(Msr.Pat, 0x0007_0406_0007_0106UL)]
    [InlineData(Msr.MtrrDefaultType, 0xC06UL)]
    [InlineData(Msr.MtrrBase0, 0x8000_0006UL)]
    [InlineData(Msr.MtrrBase0 + 15, 0xFF_8000_0800UL)]
    [InlineData(Msr.MtrrFix64K, 0x0606_0606_0606_0606UL)]
    [InlineData(Msr.MtrrFix4K + 7, 0x0505_0505_0505_0505UL)]
    [InlineData(Msr.Efer, 0x901UL)]
    [InlineData(Msr.Efer, 0x20_0901UL)]
    public void What_is_written_is_read_back(uint number, ulong value)
    {
        Assert.True(Write(number, value));
        Assert.True(Read(number, out ulong read));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData(Msr.LStar, Noncanonical)]
    [InlineData(Msr.FsBase, Noncanonical)]
    [InlineData(Msr.SysenterEsp, Noncanonical)]
    [InlineData(Msr.TscAux, 1UL << 32)]
    [InlineData(Msr.Pat, 2UL)]
    [InlineData(Msr.MtrrDefaultType, 0x100UL)]
    [InlineData(Msr.MtrrBase0, 0x106UL)]
    [InlineData(Msr.MtrrBase0, 1UL << 40)]
    [InlineData(Msr.MtrrBase0 + 1, 0x400UL)]
    [InlineData(Msr.MtrrFix16K, 0x0300UL)]
    [InlineData(Msr.MtrrCapability, 0UL)]
    [InlineData(Msr.Efer, 1UL << 12)]
    [InlineData(0x1234_5678u, 0UL)]
    [InlineData(Msr.ApicBase, 0UL)]
    public void Bad_values_and_unknown_registers_are_refused(uint number, ulong value)
    {
        Assert.False(Write(number, value));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    [Fact]
    public void Long_mode_enable_is_fixed_while_paging_is_on()
    {
        _bench.Long(0, Bench.Long0);
        Assert.False(Write(Msr.Efer, 0));
        _bench.Clear();
        Assert.True(Write(Msr.Efer, Efer.LME)); // LMA cannot be cleared this way
        Assert.Equal(Efer.LME | Efer.LMA, C.S.Efer);
    }

    [Fact]
    public void The_board_owns_the_interrupt_controllers_registers()
    {
        _bench.BoardMsrs[Msr.ApicBase] = 0xFEE0_0900;
        Assert.True(Read(Msr.ApicBase, out ulong value));
        Assert.Equal(0xFEE0_0900UL, value);
        Assert.True(Write(Msr.ApicBase, 0xFEE0_0000));
        C.Gpr(0) = 1;
        C.Gpr(1) = 0;
        Identification.Cpuid(C);
        Assert.Equal(0UL, C.Gpr(2) & (1 << 9));
    }

    [Fact]
    public void The_timestamp_can_be_moved_two_ways()
    {
        _bench.Timestamp = 1000;
        Assert.True(Write(Msr.TimestampCounter, 5000));
        Assert.True(Read(Msr.TscAdjust, out ulong adjust));
        Assert.Equal(4000UL, adjust);
        Assert.True(Write(Msr.TscAdjust, 0));
        _bench.Timestamp = 0x1_0000_0002;
        Assert.True(Identification.ReadTimestamp(C));
        Assert.Equal((2UL, 1UL), (C.Gpr(0), C.Gpr(2)));
        _bench.Protected(3);
        C.S.Cr4 |= Cr4.TSD;
        Assert.False(Identification.ReadTimestampAndAux(C));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    [Fact]
    public void Models_have_their_vendors_registers()
    {
        Assert.True(Read(Msr.HardwareConfiguration, out ulong value));
        Assert.Equal(1UL << 24, value);
        Assert.True(Write(Msr.HardwareConfiguration, 0));
        Assert.False(Read(Msr.PlatformId, out _));
        using Bench intel = new(CpuFeatures.Msr | CpuFeatures.Tsc, "GenuineIntel");
        intel.C.Gpr(1) = Msr.PlatformId;
        Assert.True(MsrInstructions.Read(intel.C));
        intel.C.Gpr(1) = Msr.HardwareConfiguration;
        Assert.False(MsrInstructions.Read(intel.C));
        intel.C.Gpr(1) = Msr.LStar;
        Assert.False(MsrInstructions.Read(intel.C));
    }

    [Fact]
    public void Extended_control_checks()
    {
        Assert.False(Identification.ReadExtendedControl(C));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        _bench.Clear();
        C.S.Cr4 |= Cr4.OSXSAVE;
        foreach ((ulong value, bool allowed) in ((ulong, bool)[])[(3, true), (1, true), (2, false), (7, false)])
        {
            (C.Gpr(0), C.Gpr(1), C.Gpr(2)) = (value, 0, 0);
            Assert.Equal(allowed, Identification.WriteExtendedControl(C));
        }

        Assert.Equal(1UL, C.S.Xcr0);
        C.Gpr(1) = 1;
        Assert.False(Identification.ReadExtendedControl(C));
    }

    [Fact]
    public void Halt_stops_and_counters_stand_still()
    {
        C.Gpr(1) = 6;
        Assert.False(Identification.ReadCounter(C));
        C.Gpr(1) = 5;
        Assert.True(Identification.ReadCounter(C));
        Assert.Equal((0UL, 0UL), (C.Gpr(0), C.Gpr(2)));
        Assert.True(Identification.Halt(C));
        Assert.Equal(VcpuActivity.Halted, C.S.Activity);
    }

    [Fact]
    public void Swapgs_exchanges_bases_in_64_bit_supervisor_code()
    {
        Assert.False(SegmentBases.SwapGs(C));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        _bench.Clear();
        _bench.Long(0, Bench.Long0);
        C.S.KernelGsBase = 0x1234;
        Assert.True(SegmentBases.SwapGs(C));
        Assert.Equal((0x1234UL, 0UL), (C.S.Segment[Seg.GS].Base, C.S.KernelGsBase));
        Assert.False(SegmentBases.Write(C, Seg.FS, 1));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        C.S.Cr4 |= Cr4.FSGSBASE;
        Assert.True(SegmentBases.Write(C, Seg.FS, 0x99));
        Assert.True(SegmentBases.Read(C, Seg.FS, out ulong value));
        Assert.Equal(0x99UL, value);
        Assert.False(SegmentBases.Write(C, Seg.FS, Noncanonical));
    }

    private bool Write(uint number, ulong value)
    {
        (C.Gpr(0), C.Gpr(1), C.Gpr(2)) = ((uint)value, number, value >> 32);
        return MsrInstructions.Write(C);
    }

    private bool Read(uint number, out ulong value)
    {
        C.Gpr(1) = number;
        bool known = MsrInstructions.Read(C);
        value = (uint)C.Gpr(0) | (C.Gpr(2) << 32);
        return known;
    }
}
