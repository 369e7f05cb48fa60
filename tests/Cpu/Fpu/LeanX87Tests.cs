using System;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Fpu;

namespace Doppel.Cpu.Tests.Fpu;

/// <summary>The quick way of x87 instructions against the whole state on the host's unit: everything must be equal, empty registers too.</summary>
// SAFETY: pointers are the bench's own FXSAVE image; handlers are static methods.
public sealed unsafe class LeanX87Tests
{
    private static readonly ushort[] Exponents = [0, 1, 0x3BCD, 0x3C01, 0x3F6A, 0x3F81, 0x3FBF, 0x3FFE, 0x3FFF, 0x4000, 0x400E, 0x401E, 0x403E, 0x407F, 0x43FF, 0x7FFE, 0x7FFF];
    private ulong _seed = 0x9E37_79B9_7F4A_7C15;

    [Fact]
    public void Quick_and_whole_way_agree()
    {
        using FpuBench quick = new();
        using FpuBench whole = new();
        int lean = 0;
        for (int opcode = 0xD8; opcode <= 0xDF; opcode++)
        {
            for (int mode = 0; mode < 256; mode++)
            {
                bool memory = mode < 0xC0;
                byte[] code = [(byte)opcode, (byte)mode, 0, 0, 0, 0x10];
                if ((memory && (mode & 0xC7) != 5) || !quick.TryLower(code, out Op op))
                {
                    continue;
                }

                Assert.True(whole.TryLower(code, out Op reference, quick: false));
                if ((nint)reference.Handler == (nint)op.Handler)
                {
                    continue;
                }

                lean++;
                for (int round = 0; round < 120; round++)
                {
                    Randomize(quick);
                    quick.Core.Fx.Image.CopyTo(whole.Core.Fx.Image);
                    quick.Memory[..16].CopyTo(whole.Memory);
                    quick.Core.Rflags = whole.Core.Rflags = 0x202 | (Next() & 0x8D5);
                    ushort control = FxLayout.Control(quick.Fx);
                    ushort status = FxLayout.Status(quick.Fx);
                    Assert.Equal(whole.Execute(ref reference), quick.Execute(ref op));
                    string where = $"{Convert.ToHexString(code)} round {round} control {control:x4} status {status:x4}";
                    AssertSame(whole.Core.Fx.Image, quick.Core.Fx.Image, where);
                    AssertSame(whole.Memory[..16], quick.Memory[..16], where);
                    Assert.Equal(whole.Core.Rflags, quick.Core.Rflags);
                }
            }
        }

        Assert.InRange(lean, 150, 1000);
    }

    [Fact]
    public void An_inexact_result_leaves_no_trace_in_the_next_exact_one()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(0xD9, 0xE8)); // fld1
        Assert.Null(bench.Run(0xD9, 0xEB)); // fldpi
        for (int i = 0; i < 3; i++)
        {
            FxLayout.Status(bench.Fx) &= 0x7F00; // as FNCLEX does
            Assert.Null(bench.Run(0xD8, 0xF1)); // fdiv st0, st1: exact, by one
            Assert.Equal(0, FxLayout.Status(bench.Fx) & 0x3F);
            Assert.Null(bench.Run(0xDC, 0xF1)); // fdiv st1, st0
            Assert.Null(bench.Run(0xD9, 0xFA)); // fsqrt
            Assert.Equal(0x20, FxLayout.Status(bench.Fx) & 0x3F);
            FxLayout.Status(bench.Fx) &= 0x7F00;
            Assert.Null(bench.Run(0xD9, 0xE0)); // fchs
            Assert.Null(bench.Run(0xD9, 0xE1)); // fabs
            Assert.Equal(0, FxLayout.Status(bench.Fx) & 0x3F);
            Assert.Null(bench.Run(0xDD, 0xD9)); // fstp st1
            Assert.Null(bench.Run(0xD9, 0xE8));
            Assert.Null(bench.Run(0xD9, 0xC9)); // fxch: 1 below, the root above
        }
    }

    private static void AssertSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string where)
    {
        if (!expected.SequenceEqual(actual))
        {
            int at = expected.CommonPrefixLength(actual);
            Assert.Fail($"{where}: byte {at}: {Convert.ToHexString(expected.Slice(at & ~15, 16))} became {Convert.ToHexString(actual.Slice(at & ~15, 16))}");
        }
    }

    private void Randomize(FpuBench bench)
    {
        byte* b = bench.Fx;
        for (int i = 0; i < 8; i++)
        {
            FillExtended(FxLayout.St(b, i));
            ((ulong*)FxLayout.St(b, i))[1] &= 0xFFFF;
        }

        byte* memory = stackalloc byte[16];
        FillExtended(memory);
        if (Next() % 2 == 0)
        {
            *(ulong*)memory = Next() & (ulong)((long)Next() >> (int)(Next() % 60));
        }

        new ReadOnlySpan<byte>(memory, 16).CopyTo(bench.Memory);
        int exceptions = Next() % 8 == 0 ? (int)Next() & 0x3F : 0x3F;
        FxLayout.Control(b) = X87Control.CleanControl((ushort)((Next() & 0xF00) | (uint)exceptions));
        FxLayout.Status(b) = (ushort)(Next() & (Next() % 3 == 0 ? 0x7F7Fu : 0x7F00u));
        FxLayout.Summarize(b);
        FxLayout.Tags(b) = Next() % 3 == 0 ? (byte)Next() : (byte)(Next() % 2 == 0 ? 0xFF : 0xFF & ~(1 << ((FxLayout.Top(b) + 7) & 7)));
    }

    private void FillExtended(byte* at)
    {
        ulong significand = (Next() % 4) switch
        {
            0 => 1UL << 63,
            1 => Next() & (ulong.MaxValue << (int)(Next() % 64)),
            _ => Next() | (1UL << 63),
        };
        ushort exponent = Next() % 2 == 0 ? Exponents[Next() % (ulong)Exponents.Length] : (ushort)(0x3FFF - 40 + (long)(Next() % 110));
        *(ulong*)at = significand;
        *(ulong*)(at + 8) = (ushort)(exponent | ((Next() & 1) << 15));
    }

    private ulong Next()
    {
        _seed ^= _seed << 13;
        _seed ^= _seed >> 7;
        _seed ^= _seed << 17;
        return _seed;
    }
}
