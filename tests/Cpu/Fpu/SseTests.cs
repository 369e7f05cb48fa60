using System;
using System.Linq;
using System.Runtime.InteropServices;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Fpu;

// SAFETY: pointers are the bench's own FXSAVE image.
public sealed unsafe class SseTests
{
    private const uint Denormal = 0x0000_0100;
    private const uint One = 0x3F80_0000;
    private const uint Third = 0x3EAA_AAAB;
    private const uint Signalling = 0x7F80_0001;
    private const uint Largest = 0x7F7F_FFFF;
    private const uint Smallest = 0x0080_0000;
    private const uint Half = 0x3F00_0000;

    // What real processors note beside the exception; the masks are those of MXCSR bits 12:7.
    [Theory]
    [InlineData(0x5E, Denormal, One, 0u, One, 0x1E80u, false, 0x04u)] // denormal / 0, #D unmasked: zero divide hides it
    [InlineData(0x5E, Denormal, One, 0u, One, 0x1D80u, true, 0x04u)]
    [InlineData(0x58, Signalling, One, Denormal, One, 0x1E80u, false, 0x01u)]
    [InlineData(0x58, Signalling, Denormal, One, One, 0x1F00u, true, 0x03u)] // all early exceptions of all elements are noted
    [InlineData(0x58, Signalling, One, One, Third, 0x1F00u, true, 0x01u)] // but no late ones
    [InlineData(0x58, Signalling, One, One, Third, 0x0F80u, true, 0x21u)]
    [InlineData(0x59, Denormal, Largest, One, Largest, 0x1E80u, true, 0x02u)]
    [InlineData(0x59, Denormal, Largest, One, Largest, 0x1B80u, true, 0x2Au)]
    [InlineData(0x59, One, Largest, One, Largest, 0x1B80u, true, 0x28u)]
    [InlineData(0x59, Smallest, One, Half, One, 0x1F80u, false, 0x00u)] // tiny and exact
    [InlineData(0x59, Smallest, One, Half, One, 0x1780u, true, 0x10u)]
    [InlineData(0x59, Smallest, One, Half, One, 0x9F80u, false, 0x30u)] // flushed to zero
    [InlineData(0x59, Smallest, One, Half, One, 0x9780u, true, 0x10u)]
    [InlineData(0x59, Smallest, One, Half, One, 0x8F80u, true, 0x30u)]
    [InlineData(0x58, One, One, One, One, 0x1F01u, false, 0x01u)] // an old flag unmasked later is not reported
    public void Exceptions_of_packed_singles(byte opcode, uint left0, uint left1, uint right0, uint right1, uint mxcsr, bool trapped, uint flags)
    {
        using FpuBench bench = new();
        Set(bench, 1, left0, left1, One, One);
        Set(bench, 2, right0, right1, One, One);
        FxLayout.MxcsrOf(bench.Fx) = mxcsr;
        byte[] before = Xmm(bench, 1);
        Vector? raised = bench.Run(0x0F, opcode, 0xCA);
        Assert.Equal(trapped ? Vector.XM : null, raised);
        Assert.Equal(mxcsr | flags, FxLayout.MxcsrOf(bench.Fx));
        Assert.Equal(trapped || (left0 == One && right0 == One && opcode == 0x59), before.SequenceEqual(Xmm(bench, 1)));
    }

    [Fact]
    public void Unmasked_exception_without_os_support_is_an_invalid_opcode()
    {
        using FpuBench bench = new();
        bench.Core.S.Cr4 &= ~Cr4.OSXMMEXCPT;
        Set(bench, 1, One, 0, 0, 0);
        FxLayout.MxcsrOf(bench.Fx) = 0x1D80;
        Assert.Equal(Vector.UD, bench.Run(0xF3, 0x0F, 0x5E, 0xCA)); // divss xmm1, xmm2
    }

    [Fact]
    public void Unmasked_compare_and_conversion_change_no_result()
    {
        using FpuBench bench = new();
        Set(bench, 1, Signalling, 0, 0, 0);
        FxLayout.MxcsrOf(bench.Fx) = 0x1F00;
        bench.Core.Rflags = 0x202;
        bench.Core.Gpr(0) = 7;
        Assert.Equal(Vector.XM, bench.Run(0x0F, 0x2E, 0xCA)); // ucomiss
        Assert.Equal(0x202UL, bench.Core.Rflags);
        Assert.Equal(Vector.XM, bench.Run(0xF3, 0x0F, 0x2D, 0xC1)); // cvtss2si eax, xmm1
        Assert.Equal(7UL, bench.Core.Gpr(0));
        Assert.Equal(Vector.XM, bench.Run(0x0F, 0x2D, 0xC1)); // cvtps2pi mm0, xmm1, which has entered the MMX state by then
        Assert.Equal(0xFF, FxLayout.Tags(bench.Fx));
        FxLayout.MxcsrOf(bench.Fx) = 0x1D80; // something else unmasked: the result comes through the trial run
        Assert.Null(bench.Run(0xF3, 0x0F, 0x2D, 0xC1));
        Assert.Equal(0x8000_0000UL, bench.Core.Gpr(0));
        Assert.Null(bench.Run(0x0F, 0x2E, 0xCA));
        Assert.Equal(0x45UL, bench.Core.Rflags & 0x8D5);
    }

    [Theory]
    [InlineData(Cr0.EM, Cr4.OSFXSR, Vector.UD)]
    [InlineData(Cr0.TS, Cr4.OSFXSR, Vector.NM)]
    [InlineData(0UL, 0UL, Vector.UD)]
    [InlineData(Cr0.TS, 0UL, Vector.UD)]
    public void Control_registers_gate_the_unit(ulong cr0, ulong cr4, Vector expected)
    {
        using FpuBench bench = new();
        bench.Core.S.Cr0 |= cr0;
        bench.Core.S.Cr4 = cr4;
        Assert.Equal(expected, bench.Run(0x0F, 0x58, 0xCA));
        Assert.Equal(expected, bench.Run(0x66, 0x0F, 0xEF, 0xC0));
        Assert.Equal(expected, bench.Run(0x0F, 0x28, 0xC1));
        Assert.Equal(expected, bench.Run(0x0F, 0xAE, 0x15, 0, 0, 0, 0x10)); // ldmxcsr
        Vector? onMmx = bench.Run(0x0F, 0xEF, 0xC0); // pxor mm0, mm0 asks for no OSFXSR
        Assert.Equal((cr0 & Cr0.EM) != 0 ? Vector.UD : (cr0 & Cr0.TS) != 0 ? Vector.NM : null, onMmx);
    }

    [Fact]
    public void Misaligned_operands_fault_where_they_must()
    {
        using FpuBench bench = new();
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0x28, 0x0D, 8, 0, 0, 0x10)); // movaps
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0x29, 0x0D, 8, 0, 0, 0x10));
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0x58, 0x0D, 4, 0, 0, 0x10)); // addps
        Assert.Null(bench.Run(0x0F, 0x10, 0x0D, 8, 0, 0, 0x10)); // movups
        Assert.Null(bench.Run(0xF2, 0x0F, 0xF0, 0x0D, 8, 0, 0, 0x10)); // lddqu
        Assert.Null(bench.Run(0x66, 0x0F, 0x3A, 0x63, 0x0D, 3, 0, 0, 0x10, 0)); // pcmpistri
        Assert.Equal(Vector.PF, bench.Run(0x0F, 0x10, 0x0D, 0xF8, 0x3F, 0, 0x10)); // movups across the end
    }

    [Fact]
    public void Loading_reserved_mxcsr_bits_faults()
    {
        using FpuBench bench = new();
        bench.WriteMemory(0, [0x80, 0x1F, 0x01, 0]);
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0xAE, 0x15, 0, 0, 0, 0x10));
        Assert.Equal(0x1F80u, FxLayout.MxcsrOf(bench.Fx));
        bench.WriteMemory(0, [0xC0, 0xFF, 0, 0]);
        Assert.Null(bench.Run(0x0F, 0xAE, 0x15, 0, 0, 0, 0x10));
        Assert.Null(bench.Run(0x0F, 0xAE, 0x1D, 4, 0, 0, 0x10)); // stmxcsr
        Assert.Equal(0xFFC0u, MemoryMarshal.Read<uint>(bench.Memory[4..]));
    }

    [Fact]
    public void Later_instruction_sets_give_known_answers()
    {
        using FpuBench bench = new();
        Set(bench, 1, 0x0302_0100, 0x0706_0504, 0x0B0A_0908, 0x0F0E_0D0C);
        Set(bench, 2, 0x8000_0F0E, 0x0101_0101, 0, 0);
        Assert.Null(bench.Run(0x66, 0x0F, 0x38, 0x00, 0xCA)); // pshufb xmm1, xmm2
        Assert.Equal("0E0F0000010101010000000000000000", Convert.ToHexString(Xmm(bench, 1)));

        // FIPS-197 appendix B, first round: state, key.
        Convert.FromHexString("193DE3BEA0F4E22B9AC68D2AE9F84808").CopyTo(new Span<byte>(FxLayout.XmmAt(bench.Fx, 3), 16));
        Convert.FromHexString("A0FAFE1788542CB123A339392A6C7605").CopyTo(new Span<byte>(FxLayout.XmmAt(bench.Fx, 4), 16));
        Assert.Null(bench.Run(0x66, 0x0F, 0x38, 0xDC, 0xDC)); // aesenc xmm3, xmm4
        Assert.Equal("A49C7FF2689F352B6B5BEA43026A5049", Convert.ToHexString(Xmm(bench, 3)));

        "needle in hay\0\0\0"u8.CopyTo(new Span<byte>(FxLayout.XmmAt(bench.Fx, 5), 16));
        "in\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8.CopyTo(new Span<byte>(FxLayout.XmmAt(bench.Fx, 6), 16));
        Assert.Null(bench.Run(0x66, 0x0F, 0x3A, 0x63, 0xF5, 0x0C)); // pcmpistri xmm6, xmm5: find substring
        Assert.Equal(7UL, bench.Core.Gpr(1));
        Assert.Equal(1UL, bench.Core.Rflags & 1);

        Set(bench, 0, 0x80, 0, 0, 0x8000_0000);
        Set(bench, 1, 1, 2, 3, 4);
        Set(bench, 2, 11, 12, 13, 14);
        Assert.Null(bench.Run(0x66, 0x0F, 0x38, 0x14, 0xCA)); // blendvps xmm1, xmm2, xmm0
        Assert.Equal("0100000002000000030000000E000000", Convert.ToHexString(Xmm(bench, 1)));

        Set(bench, 1, One, 2, 3, 4);
        Assert.Null(bench.Run(0x66, 0x0F, 0x3A, 0x21, 0xD1, 0x60)); // insertps xmm2, xmm1, element 1 to 2
        Assert.Equal("0B0000000C000000020000000E000000", Convert.ToHexString(Xmm(bench, 2)));
        Assert.Null(bench.Run(0x66, 0x0F, 0x3A, 0x16, 0xD0, 3)); // pextrd eax, xmm2, 3
        Assert.Equal(14UL, bench.Core.Gpr(0));
        Assert.Null(bench.Run(0x66, 0x0F, 0x38, 0x17, 0xC2)); // ptest xmm0, xmm2
        Assert.Equal(0x40UL, bench.Core.Rflags & 0x8D5);
    }

    [Fact]
    public void Masked_store_writes_chosen_bytes_only()
    {
        using FpuBench bench = new();
        bench.Core.Gpr(7) = FpuBench.Data + 0x3FF8; // the upper half would leave the page
        Set(bench, 1, 0x0403_0201, 0x0807_0605, 0, 0);
        Set(bench, 2, 0x8000_0080, 0x80, 0, 0);
        Assert.Null(bench.Run(0x66, 0x0F, 0xF7, 0xCA));
        Assert.Equal("0100000405000000", Convert.ToHexString(bench.Memory[0x3FF8..]));
        Set(bench, 2, 0x80, 0, 0, 0x80);
        bench.Memory.Clear();
        Assert.Equal(Vector.PF, bench.Run(0x66, 0x0F, 0xF7, 0xCA));
        Assert.Equal(-1, bench.Memory.IndexOfAnyExcept((byte)0));
        Set(bench, 2, 0, 0, 0, 0);
        bench.Core.Gpr(7) = 0x3000_0000;
        Assert.Null(bench.Run(0x66, 0x0F, 0xF7, 0xCA));
    }

    private static void Set(FpuBench bench, int register, uint a, uint b, uint c, uint d)
    {
        uint* at = (uint*)FxLayout.XmmAt(bench.Fx, register);
        (at[0], at[1], at[2], at[3]) = (a, b, c, d);
    }

    private static byte[] Xmm(FpuBench bench, int register) => new ReadOnlySpan<byte>(FxLayout.XmmAt(bench.Fx, register), 16).ToArray();
}
