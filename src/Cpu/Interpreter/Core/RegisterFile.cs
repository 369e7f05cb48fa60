using System.Runtime.CompilerServices;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Sixteen general-purpose registers, then one that is always zero. Addressed by byte offset (register number * 8; AH = 1, CH = 9, ...).</summary>
[InlineArray(17)]
internal struct RegisterFile
{
    private ulong _first;

    /// <summary>Offset of the register that is always zero.</summary>
    internal const byte ZeroRegister = 16 * 8;
}

/// <summary>Reads and writes registers by their offset in the register file.</summary>
internal static unsafe class RegisterAccess
{
    /// <summary>Value of a register of width <typeparamref name="W"/>, zero-extended.</summary>
    // SAFETY: offsets come from the lowering only: at most 16*8 for whole registers and 31 for high bytes, inside the 17 qwords; x86 allows any alignment.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Read<W>(ref RegisterFile file, byte offset)
        where W : struct, IWidth
    {
        ref byte at = ref Unsafe.AddByteOffset(ref Unsafe.As<RegisterFile, byte>(ref file), (nint)offset);
        return W.Bits switch
        {
            8 => at,
            16 => Unsafe.As<byte, ushort>(ref at),
            32 => Unsafe.As<byte, uint>(ref at),
            _ => Unsafe.As<byte, ulong>(ref at),
        };
    }

    /// <summary>Writes a register: 32-bit writes clear the upper half, narrower ones keep the rest (Intel SDM vol. 1 3.4.1.1).</summary>
    // SAFETY: as for Read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write<W>(ref RegisterFile file, byte offset, ulong value)
        where W : struct, IWidth
    {
        ref byte at = ref Unsafe.AddByteOffset(ref Unsafe.As<RegisterFile, byte>(ref file), (nint)offset);
        switch (W.Bits)
        {
            case 8:
                at = (byte)value;
                break;
            case 16:
                Unsafe.As<byte, ushort>(ref at) = (ushort)value;
                break;
            case 32:
                Unsafe.As<byte, ulong>(ref at) = (uint)value;
                break;
            default:
                Unsafe.As<byte, ulong>(ref at) = value;
                break;
        }
    }

    /// <summary>A whole 64-bit register by offset.</summary>
    // SAFETY: as for Read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref ulong At(ref RegisterFile file, byte offset) =>
        ref Unsafe.As<byte, ulong>(ref Unsafe.AddByteOffset(ref Unsafe.As<RegisterFile, byte>(ref file), (nint)offset));
}
