using System.Collections.Generic;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.Fpu;

/// <summary>Every opcode of the units, on senseless states with all masks: nothing may fault on the host, and no undocumented exception may come out.</summary>
// SAFETY: pointers are the bench's own FXSAVE image.
public sealed unsafe class EveryFormTests
{
    private ulong _seed = 0x1234_5678_9ABC_DEF1;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_form_escapes(bool longMode)
    {
        using FpuBench bench = new();
        if (longMode)
        {
            bench.EnterLongMode();
        }

        int ran = 0;
        HashSet<Vector> seen = [];
        foreach (byte[] code in Codes())
        {
            if (!bench.TryLower(code, out Op op))
            {
                continue;
            }

            for (int round = 0; round < 3; round++)
            {
                Randomize(bench);
                if (bench.Execute(ref op) is { } vector)
                {
                    seen.Add(vector);
                }

                ran++;
                Assert.Equal(0u, FxLayout.MxcsrOf(bench.Fx) & ~0xFFFFu);
            }
        }

        Assert.InRange(ran, 8000, 1_000_000);
        Assert.DoesNotContain(Vector.UD, seen);
        Assert.DoesNotContain(Vector.NM, seen);
        Assert.Contains(Vector.MF, seen);
        Assert.Contains(Vector.XM, seen);
    }

    private static IEnumerable<byte[]> Codes()
    {
        byte[][] prefixes = [[], [0x66], [0xF3], [0xF2]];
        byte[][] maps = [[0x0F], [0x0F, 0x38], [0x0F, 0x3A]];
        byte[] modes = [0x03, 0xC1, 0xC8, 0xD3, 0xE2, 0xF5, 0xFF, 0x13, 0x23, 0x33];
        foreach (byte[] prefix in prefixes)
        {
            foreach (byte[] map in maps)
            {
                for (int opcode = 0; opcode < 256; opcode++)
                {
                    foreach (byte mode in modes)
                    {
                        yield return [.. prefix, .. map, (byte)opcode, mode, 0x1B, 0, 0, 0];
                    }
                }
            }
        }

        for (int opcode = 0xD8; opcode <= 0xDF; opcode++)
        {
            for (int mode = 0; mode < 256; mode++)
            {
                if (mode >= 0xC0 || (mode & 7) == 3)
                {
                    yield return [(byte)opcode, (byte)mode, 0x10, 0, 0, 0, 0, 0];
                }
            }
        }
    }

    private void Randomize(FpuBench bench)
    {
        ulong* image = (ulong*)bench.Fx;
        for (int i = 0; i < 52; i++)
        {
            image[i] = (Next() & Next()) | (Next() % 3 == 0 ? 0x7FF0_0000_7F80_0000UL : 0);
        }

        FxLayout.Control(bench.Fx) = X87Control.CleanControl((ushort)Next());
        FxLayout.Status(bench.Fx) = (ushort)(Next() & (Next() % 4 == 0 ? 0x7F7Fu : 0x7F00u));
        FxLayout.Summarize(bench.Fx);
        FxLayout.MxcsrOf(bench.Fx) = (uint)Next() & 0xFFFF;
        for (int i = 0; i < 16; i++)
        {
            bench.Core.Gpr(i) = Next() % 0x2000;
        }

        bench.Core.Gpr(3) = bench.Core.Is64Bit ? 0x8000u : FpuBench.Data;
        bench.Core.Gpr(7) = bench.Core.Gpr(3);
    }

    private ulong Next()
    {
        _seed ^= _seed << 13;
        _seed ^= _seed >> 7;
        _seed ^= _seed << 17;
        return _seed;
    }
}
