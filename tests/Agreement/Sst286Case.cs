using System;
using System.Collections.Generic;
using System.Text.Json;
using Iced.Intel;

namespace Doppel.Agreement.Tests;

/// <summary>One real-mode instruction as a real 80286 ran it, and whether a 386 or later must do the same.</summary>
internal sealed class Sst286Case
{
    internal const ushort ComparedFlags = 0x0FD5;

    internal required string Form { get; init; }

    internal required string Text { get; init; }

    internal required byte[] Code { get; init; }

    internal required Dictionary<string, ushort> Before { get; init; }

    internal required Dictionary<string, ushort> Changed { get; init; }

    internal required IReadOnlyList<(int At, byte Value)> Memory { get; init; }

    internal required IReadOnlyList<(int At, byte Value)> MemoryChanged { get; init; }

    /// <summary>Vector of the exception that the instruction met, or -1.</summary>
    internal required int Exception { get; init; }

    /// <summary>Address of the flags that an exception pushed, or -1.</summary>
    internal required int PushedFlagsAt { get; init; }

    internal static Sst286Case Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        JsonElement before = root.GetProperty("i");
        JsonElement after = root.GetProperty("o");
        return new Sst286Case
        {
            Form = root.GetProperty("f").GetString()!,
            Text = root.GetProperty("n").GetString()!,
            Code = Convert.FromHexString(root.GetProperty("b").GetString()!),
            Before = Registers(before),
            Changed = Registers(after),
            Memory = Bytes(before),
            MemoryChanged = Bytes(after),
            Exception = root.TryGetProperty("x", out JsonElement vector) ? vector.GetInt32() : -1,
            PushedFlagsAt = root.TryGetProperty("xf", out JsonElement at) ? at.GetInt32() | (IsOdd(before) ? 1 : 0) : -1,
        };
    }

    /// <summary>Whether the 386 changed the meaning of these bytes, or the way in which they fault.</summary>
    internal bool IsOf286Only()
    {
        // The HLT behind the instruction is part of the bytes; a 286 takes at most ten.
        if (Code.Length - 1 > 10)
        {
            return true;
        }

        int at = 0;
        bool locked = false;
        while (at < Code.Length && Code[at] is 0x26 or 0x2E or 0x36 or 0x3E or 0xF0 or 0xF2 or 0xF3)
        {
            locked |= Code[at++] == 0xF0;
        }

        if (at >= Code.Length || Code[at] is >= 0x64 and <= 0x67)
        {
            return true;
        }

        if (Code[at] == 0x0F)
        {
            return Code[at + 1] is > 0x03 and not 0x06;
        }

        bool extraSegment = Code[at] is 0x8C or 0x8E && (Code[at + 1] >> 3 & 7) is 4 or 5;
        return extraSegment || (locked && Decode().IsInvalid) || FaultsOtherwise();
    }

    /// <summary>
    /// Whether the index registers and the count are those of a string instruction that faulted: the 286 leaves them moved past the element that it did
    /// not reach, while faults restart from the 386 on with all registers as before that element (Intel SDM vol. 3A 6.5 and 6.6; vol. 2 REP).
    /// </summary>
    internal bool IsStringFault() => Exception == 13 && Decode().IsStringInstruction;

    // A word at offset FFFF of the stack segment is #SS, vector 12, from the 386 on; the 286 has #GP, vector 13 (Intel SDM vol. 3B 22.17 and vol. 3A 6.15).
    // POP to memory that faults puts SP back from the 386 on, so that the frame of the exception lies elsewhere (vol. 3A 6.6).
    private bool FaultsOtherwise()
    {
        if (Exception != 13)
        {
            return false;
        }

        Instruction i = Decode();
        if (i.IsStringInstruction)
        {
            return i.MemorySegment == Register.SS && Before["si"] == 0xFFFF;
        }

        bool pops = i.Mnemonic == Mnemonic.Leave ? Before["bp"] == 0xFFFF : i.StackPointerIncrement > 0 && Before["sp"] == 0xFFFF;
        bool toMemory = i.OpCount > 0 && i.Op0Kind == OpKind.Memory;
        return pops || (i.Mnemonic == Mnemonic.Pop && toMemory) || i.MemorySegment == Register.SS;
    }

    /// <summary>Flags that the architecture leaves undefined after this instruction.</summary>
    internal ushort UndefinedFlags()
    {
        Instruction instruction = Decode();
        RflagsBits undefined = instruction.RflagsUndefined;
        ushort mask = 0;
        mask |= (undefined & RflagsBits.OF) != 0 ? (ushort)0x800 : (ushort)0;
        mask |= (undefined & RflagsBits.SF) != 0 ? (ushort)0x80 : (ushort)0;
        mask |= (undefined & RflagsBits.ZF) != 0 ? (ushort)0x40 : (ushort)0;
        mask |= (undefined & RflagsBits.AF) != 0 ? (ushort)0x10 : (ushort)0;
        mask |= (undefined & RflagsBits.PF) != 0 ? (ushort)4 : (ushort)0;
        mask |= (undefined & RflagsBits.CF) != 0 ? (ushort)1 : (ushort)0;
        if (instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr)
        {
            int count = (instruction.Op1Kind == OpKind.Immediate8 ? instruction.Immediate8 : instruction.Op1Register == Register.CL ? Before["cx"] : 1) & 31;
            int width = instruction.Op0Kind == OpKind.Memory ? instruction.MemorySize.GetSize() * 8 : instruction.Op0Register.GetSize() * 8;
            mask |= count > 1 ? (ushort)0x800 : (ushort)0;
            mask |= count >= width && instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr ? (ushort)1 : (ushort)0;
        }

        return mask;
    }

    // The recorded address is that of the bus cycle, which is even; the stack pointer tells where the word is.
    private static bool IsOdd(JsonElement before) => before.GetProperty("r").TryGetProperty("sp", out JsonElement pointer) && (pointer.GetInt32() & 1) != 0;

    private Instruction Decode() => Decoder.Create(16, new ByteArrayCodeReader(Code)).Decode();

    private static Dictionary<string, ushort> Registers(JsonElement side)
    {
        Dictionary<string, ushort> registers = new(StringComparer.Ordinal);
        foreach (JsonProperty register in side.GetProperty("r").EnumerateObject())
        {
            registers.Add(register.Name, register.Value.GetUInt16());
        }

        return registers;
    }

    private static List<(int At, byte Value)> Bytes(JsonElement side)
    {
        List<(int, byte)> bytes = [];
        if (side.TryGetProperty("m", out JsonElement list))
        {
            foreach (JsonElement entry in list.EnumerateArray())
            {
                bytes.Add((entry[0].GetInt32(), entry[1].GetByte()));
            }
        }

        return bytes;
    }
}
