using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>
/// Undoes the x86 filter of xz (the .xz file format, 5.3.2): the packer turned the relative targets of CALL (E8) and JMP (E9) into absolute
/// ones, where the top byte of the operand is 00 or FF and no opcode byte shortly before makes the place doubtful.
/// </summary>
internal static class X86BranchFilter
{
    private const int OperandBytes = 4;

    /// <summary>Restores <paramref name="code"/> in place; its first byte was at <paramref name="startOffset"/> for the packer.</summary>
    public static void Decode(Span<byte> code, uint startOffset)
    {
        // Bit n of history: an opcode byte that was left alone stands n + 1 bytes before the present one.
        uint history = 0;
        int last = -1;
        int end = code.Length - OperandBytes;
        int at = 0;
        while (at < end)
        {
            int skip = code[at..end].IndexOfAny((byte)0xE8, (byte)0xE9);
            if (skip < 0)
            {
                return;
            }

            at += skip;
            int distance = at - last;
            history = distance > 3 ? 0 : (history << (distance - 1)) & 7;
            last = at;

            // A doubtful byte: one that an earlier opcode's operand would have had as its top byte.
            int doubtful = history switch { 0 => 0, 1 => 1, 2 or 3 => 2, _ => 3 };
            bool blocked = history is 3 or > 4 || (history != 0 && IsSignByte(code[at + OperandBytes - doubtful]));
            if (blocked || !IsSignByte(code[at + OperandBytes]))
            {
                history = ((history << 1) | 1) & 7;
                at++;
                continue;
            }

            Span<byte> operand = code.Slice(at + 1, OperandBytes);
            uint next = unchecked(startOffset + (uint)at + 5);
            uint relative = unchecked(BinaryPrimitives.ReadUInt32LittleEndian(operand) - next);
            while (doubtful != 0 && IsSignByte((byte)(relative >> (24 - (8 * doubtful)))))
            {
                relative = unchecked((relative ^ ((1u << (32 - (8 * doubtful))) - 1)) - next);
            }

            // 25 bits count; the rest is their sign.
            BinaryPrimitives.WriteInt32LittleEndian(operand, (int)(relative << 7) >> 7);
            at += 1 + OperandBytes;
        }
    }

    private static bool IsSignByte(byte value) => value is 0x00 or 0xFF;
}
