using System;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// FXSAVE and FXRSTOR (Intel SDM vol. 1 10.5), and XSAVE, XSAVEOPT and XRSTOR of the x87 and SSE components (vol. 1 13.4 to 13.10, standard format).
/// Both components are always taken for used. Bit 0 of <see cref="Op.Immediate"/>: the 64-bit form with whole pointers.
/// </summary>
// SAFETY: images are built in 832 bytes of the core's own FxArea from FxLayout.Trial on.
internal static unsafe class FxState
{
    private const int HeaderOffset = 512;
    private const int HeaderLength = 64;
    private const ulong X87 = 1;
    private const ulong Sse = 2;
    private const int X87Length = FxLayout.Xmm;

    /// <summary>MXCSR bits that a model has: denormals-are-zeros came with SSE2.</summary>
    internal static uint MxcsrMaskOf(CpuModel model) =>
        model.Has(CpuFeatures.Sse2) ? FxLayout.MxcsrMaskWithSse2 : FxLayout.MxcsrMaskWithoutSse2;

    internal static void Save(InterpreterCore c, ref Op op)
    {
        if (!FpuGate.X87Quiet(c) || !SseSource.TryAlignedAddress(c, ref op, 512, write: true, 16, out ulong linear))
        {
            return;
        }

        // The last 48 bytes belong to the guest, but processors want them writable too.
        if (!c.Memory.TryProbeWrite(linear, 512))
        {
            return;
        }

        byte* image = c.Fx.Base + FxLayout.Trial;
        int length = HasSse(c) ? SseEnd(c) : X87Length;
        Fill(c, image, (op.Immediate & 1) != 0);
        if (!HasSse(c))
        {
            *(ulong*)(image + FxLayout.Mxcsr) = 0;
        }

        _ = c.Memory.TryWriteBytes(linear, new ReadOnlySpan<byte>(image, length));
    }

    internal static void Restore(InterpreterCore c, ref Op op)
    {
        byte* image = c.Fx.Base + FxLayout.Trial;
        if (!FpuGate.X87Quiet(c)
            || !SseSource.TryAlignedAddress(c, ref op, 512, write: false, 16, out ulong linear)
            || !c.Memory.TryReadBytes(linear, new Span<byte>(image, 512)))
        {
            return;
        }

        if (HasSse(c))
        {
            if (!TakeMxcsr(c, image))
            {
                return;
            }

            TakeXmm(c, image);
        }

        TakeX87(c, image, (op.Immediate & 1) != 0);
    }

    /// <summary>XSAVE and XSAVEOPT: what the guest did not ask for stays as it is in memory.</summary>
    internal static void SaveExtended(InterpreterCore c, ref Op op)
    {
        if (!TryBeginExtended(c, ref op, write: true, out ulong linear, out ulong wanted))
        {
            return;
        }

        // Read, change, write: both runs of pages are checked before anything is written.
        byte* image = c.Fx.Base + FxLayout.Trial;
        byte* old = image + 1024;
        Span<byte> whole = new(old, HeaderOffset + HeaderLength);
        if (!c.Memory.TryProbeWrite(linear, whole.Length) || !c.Memory.TryReadBytes(linear, whole))
        {
            return;
        }

        Fill(c, image, (op.Immediate & 1) != 0);
        if ((wanted & X87) != 0)
        {
            Copy(image, old, 0, FxLayout.Mxcsr);
            Copy(image, old, FxLayout.Registers, X87Length);
        }

        if ((wanted & Sse) != 0)
        {
            Copy(image, old, FxLayout.Mxcsr, FxLayout.Registers);
            Copy(image, old, FxLayout.Xmm, SseEnd(c));
        }

        ref ulong components = ref *(ulong*)(old + HeaderOffset);
        components |= wanted;
        _ = c.Memory.TryWriteBytes(linear, whole);
    }

    internal static void RestoreExtended(InterpreterCore c, ref Op op)
    {
        byte* image = c.Fx.Base + FxLayout.Trial;
        if (!TryBeginExtended(c, ref op, write: false, out ulong linear, out ulong wanted)
            || !c.Memory.TryReadBytes(linear, new Span<byte>(image, HeaderOffset + HeaderLength)))
        {
            return;
        }

        ulong* header = (ulong*)(image + HeaderOffset);
        ulong present = header[0];
        bool reservedUsed = false;
        for (int i = 1; i < 8; i++)
        {
            reservedUsed |= header[i] != 0;
        }

        if (reservedUsed || (present & ~c.S.Xcr0) != 0)
        {
            c.Raise(Vector.GP);
            return;
        }

        if ((wanted & Sse) != 0)
        {
            if (!TakeMxcsr(c, image))
            {
                return;
            }

            if ((present & Sse) == 0)
            {
                new Span<byte>(image + FxLayout.Xmm, 256).Clear();
            }

            TakeXmm(c, image);
        }

        if ((wanted & X87) != 0)
        {
            if ((present & X87) != 0)
            {
                TakeX87(c, image, (op.Immediate & 1) != 0);
            }
            else
            {
                X87Control.Initialize(c.Fx.Base);
                new Span<byte>(c.Fx.Base + FxLayout.Registers, 128).Clear();
            }
        }
    }

    private static bool TryBeginExtended(InterpreterCore c, ref Op op, bool write, out ulong linear, out ulong wanted)
    {
        linear = 0;
        wanted = ((RegisterAccess.At(ref c.Regs, 2 * 8) << 32) | (uint)RegisterAccess.At(ref c.Regs, 0)) & c.S.Xcr0;
        if ((c.S.Cr4 & Cr4.OSXSAVE) == 0)
        {
            c.Raise(Vector.UD);
            return false;
        }

        if ((c.S.Cr0 & Cr0.TS) != 0)
        {
            c.Raise(Vector.NM);
            return false;
        }

        return SseSource.TryAlignedAddress(c, ref op, HeaderOffset + HeaderLength, write, 64, out linear);
    }

    private static bool HasSse(InterpreterCore c) => (c.S.Cr4 & Cr4.OSFXSR) != 0;

    // Eight more XMM registers are seen from 64-bit code only.
    private static int SseEnd(InterpreterCore c) => FxLayout.Xmm + (c.Is64Bit ? 256 : 128);

    private static void Fill(InterpreterCore c, byte* image, bool whole)
    {
        Buffer.MemoryCopy(c.Fx.Base, image, 512, 416);
        FxLayout.MxcsrMask(image) = MxcsrMaskOf(c.Model);
        FxLayout.Opcode(image) &= 0x7FF;
        image[5] = 0;
        if (c.Is64Bit && !whole)
        {
            FxLayout.InstructionPointer(image) &= uint.MaxValue;
            FxLayout.DataPointer(image) &= uint.MaxValue;
        }
        else if (!whole)
        {
            FxLayout.InstructionPointer(image) &= 0xFFFF_FFFF_FFFF;
            FxLayout.DataPointer(image) &= 0xFFFF_FFFF_FFFF;
        }
    }

    private static void Copy(byte* from, byte* to, int start, int end) =>
        Buffer.MemoryCopy(from + start, to + start, end - start, end - start);

    private static bool TakeMxcsr(InterpreterCore c, byte* image)
    {
        uint mxcsr = FxLayout.MxcsrOf(image);
        if ((mxcsr & ~MxcsrMaskOf(c.Model)) != 0)
        {
            c.Raise(Vector.GP);
            return false;
        }

        FxLayout.MxcsrOf(c.Fx.Base) = mxcsr;
        return true;
    }

    private static void TakeXmm(InterpreterCore c, byte* image) => Copy(image, c.Fx.Base, FxLayout.Xmm, SseEnd(c));

    private static void TakeX87(InterpreterCore c, byte* image, bool whole)
    {
        byte* b = c.Fx.Base;
        FxLayout.Control(b) = X87Control.CleanControl(FxLayout.Control(image));
        FxLayout.Status(b) = FxLayout.Status(image);
        FxLayout.Tags(b) = FxLayout.Tags(image);
        FxLayout.Opcode(b) = (ushort)(FxLayout.Opcode(image) & 0x7FF);
        ulong pointerMask = whole ? ulong.MaxValue : 0xFFFF_FFFF_FFFF;
        FxLayout.InstructionPointer(b) = FxLayout.InstructionPointer(image) & pointerMask;
        FxLayout.DataPointer(b) = FxLayout.DataPointer(image) & pointerMask;
        FxLayout.Summarize(b);
        for (int i = 0; i < 8; i++)
        {
            ulong* to = (ulong*)FxLayout.St(b, i);
            ulong* from = (ulong*)FxLayout.St(image, i);
            to[0] = from[0];
            to[1] = (ushort)from[1];
        }
    }
}
