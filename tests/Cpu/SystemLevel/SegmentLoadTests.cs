using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>MOV to segment registers (Intel SDM vol. 2 MOV, "Protected Mode Exceptions" and operation).</summary>
public sealed class SegmentLoadTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    // CPL, register, selector; vector (or -1 for success) and error code.
    [Theory]
    [InlineData(0, Seg.DS, Bench.Data0, -1, 0)]
    [InlineData(0, Seg.DS, 0, -1, 0)]
    [InlineData(0, Seg.DS, 3, -1, 0)]
    [InlineData(3, Seg.ES, Bench.Data3, -1, 0)]
    [InlineData(3, Seg.ES, Bench.Code3, -1, 0)]
    [InlineData(3, Seg.ES, Bench.Data0, (int)Vector.GP, 0x10)]
    [InlineData(0, Seg.ES, Bench.Data0 | 3, (int)Vector.GP, 0x10)]
    [InlineData(3, Seg.ES, Bench.Conforming, -1, 0)]
    [InlineData(3, Seg.FS, Bench.Absent, (int)Vector.NP, 0x38)]
    [InlineData(0, Seg.GS, 0x100, (int)Vector.GP, 0x100)]
    [InlineData(0, Seg.GS, 0x104, (int)Vector.GP, 0x104)]
    [InlineData(0, Seg.DS, Bench.TssSelector, (int)Vector.GP, 0x28)]
    [InlineData(0, Seg.SS, Bench.Data0, -1, 0)]
    [InlineData(0, Seg.SS, 0, (int)Vector.GP, 0)]
    [InlineData(0, Seg.SS, Bench.Data3, (int)Vector.GP, 0x20)]
    [InlineData(3, Seg.SS, Bench.Data3, -1, 0)]
    [InlineData(3, Seg.SS, Bench.Data3 - 1, (int)Vector.GP, 0x20)]
    [InlineData(0, Seg.SS, Bench.ReadOnly, (int)Vector.GP, 0x68)]
    [InlineData(0, Seg.SS, Bench.Code0, (int)Vector.GP, 0x08)]
    [InlineData(0, Seg.SS, Bench.AbsentStack, (int)Vector.SS, 0x78)]
    [InlineData(0, Seg.DS, Bench.ReadOnly, -1, 0)]
    public void Protected_mode_checks(int cpl, int segment, int selector, int vector, uint error)
    {
        _bench.Protected(cpl);
        ushort before = _bench.Selector(segment);
        bool loaded = SegmentLoads.Load(C, segment, (ushort)selector);
        Assert.Equal(vector < 0, loaded);
        Assert.Equal(loaded ? selector : before, _bench.Selector(segment));
        if (!loaded)
        {
            Assert.Equal(((Vector)vector, error), _bench.Fault);
        }
    }

    [Fact]
    public void The_accessed_bit_is_set_in_memory_and_register()
    {
        _bench.Protected(0);
        Assert.Equal(0x92, _bench.Get8(Bench.Gdt + Bench.Data16 + 5));
        Assert.True(SegmentLoads.Load(C, Seg.DS, Bench.Data16));
        Assert.Equal(0x93, _bench.Get8(Bench.Gdt + Bench.Data16 + 5));
        Assert.Equal(0x93, C.S.Segment[Seg.DS].Attributes);
        Assert.Equal(0x1_0000UL, C.S.Segment[Seg.DS].Base);
        Assert.Equal(0xFFFFu, C.S.Segment[Seg.DS].Limit);
    }

    [Fact]
    public void Selectors_of_the_local_table_need_one()
    {
        _bench.Protected(0);
        _bench.PutDescriptorAt(Bench.Ldt + 8, 0x5000, 0xFFF, 0x4093);
        Assert.True(SegmentLoads.Load(C, Seg.DS, 0x0C));
        Assert.Equal(0x5000UL, C.S.Segment[Seg.DS].Base);
        C.S.Segment[Seg.LDTR] = default;
        Assert.False(SegmentLoads.Load(C, Seg.DS, 0x0C));
        Assert.Equal((Vector.GP, 0x0Cu), _bench.Fault);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, false)]
    [InlineData(3, 3, false)]
    public void A_null_stack_segment_is_for_64_bit_supervisors(int cpl, int selector, bool expected)
    {
        _bench.Long(cpl, cpl == 0 ? Bench.Long0 : Bench.Long3);
        Assert.Equal(expected, SegmentLoads.Load(C, Seg.SS, (ushort)selector));
        _bench.Clear();
        _bench.Long(0, Bench.Code0);
        Assert.False(SegmentLoads.Load(C, Seg.SS, 0));
    }

    [Fact]
    public void Virtual_8086_mode_loads_paragraphs()
    {
        _bench.Virtual8086(0);
        Assert.True(SegmentLoads.Load(C, Seg.DS, 0xB800));
        Assert.Equal(0xB8000UL, C.S.Segment[Seg.DS].Base);
        Assert.Equal(0xFFFFu, C.S.Segment[Seg.DS].Limit);
        Assert.Equal(3, Attr.Dpl(C.S.Segment[Seg.DS].Attributes));
    }
}
