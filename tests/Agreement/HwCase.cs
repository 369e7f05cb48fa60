using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Doppel.Agreement.Tests;

/// <summary>Registers of one side of a recorded case; what a class of cases does not record is null.</summary>
internal sealed class HwSide
{
    internal required uint[] Registers { get; init; }

    internal required uint Flags { get; init; }

    internal uint InstructionPointer { get; init; }

    internal int? Vector { get; init; }

    internal uint ErrorCode { get; init; }

    internal ushort ControlWord { get; init; }

    internal ushort StatusWord { get; init; }

    internal byte Tag { get; init; }

    internal byte[]? St { get; init; }

    internal uint Mxcsr { get; init; }

    internal byte[]? Xmm { get; init; }

    internal static HwSide Parse(JsonElement side) => new()
    {
        Registers = [.. Numbers(side.GetProperty("r"))],
        Flags = Number(side, "f"),
        InstructionPointer = Number(side, "ip"),
        Vector = side.TryGetProperty("v", out JsonElement vector) ? vector.GetInt32() : null,
        ErrorCode = Number(side, "e"),
        ControlWord = (ushort)Number(side, "cw"),
        StatusWord = (ushort)Number(side, "sw"),
        Tag = (byte)Number(side, "tw"),
        St = Bytes(side, "st"),
        Mxcsr = Number(side, "mx"),
        Xmm = Bytes(side, "x"),
    };

    private static IEnumerable<uint> Numbers(JsonElement array)
    {
        foreach (JsonElement number in array.EnumerateArray())
        {
            yield return (uint)number.GetInt64();
        }
    }

    private static uint Number(JsonElement side, string name) => side.TryGetProperty(name, out JsonElement value) ? (uint)value.GetInt64() : 0;

    private static byte[]? Bytes(JsonElement side, string name) => side.TryGetProperty(name, out JsonElement value) ? Convert.FromHexString(value.GetString()!) : null;
}

/// <summary>One instruction as a real CPU ran it in 32-bit user mode (format: README of the conformance material).</summary>
internal sealed class HwCase
{
    internal required int Line { get; init; }

    internal required string Group { get; init; }

    internal required byte[] Code { get; init; }

    internal required uint DefinedFlags { get; init; }

    internal required bool ResultUndefined { get; init; }

    internal required HwSide Before { get; init; }

    internal required HwSide After { get; init; }

    /// <summary>64 bytes, repeated over the data window.</summary>
    internal required byte[] Pattern { get; init; }

    /// <summary>Bytes of the window that changed.</summary>
    internal required IReadOnlyList<(int Offset, byte Value)> Changes { get; init; }

    internal static HwCase Parse(string text, int line)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        JsonElement before = root.GetProperty("i");
        JsonElement after = root.GetProperty("o");
        List<(int, byte)> changes = [];
        foreach (JsonElement change in after.GetProperty("m").EnumerateArray())
        {
            changes.Add((change[0].GetInt32(), change[1].GetByte()));
        }

        return new HwCase
        {
            Line = line,
            Group = root.GetProperty("n").GetString()!,
            Code = Convert.FromHexString(root.GetProperty("c").GetString()!),
            DefinedFlags = root.GetProperty("fm").GetUInt32(),
            ResultUndefined = root.TryGetProperty("ru", out _),
            Before = HwSide.Parse(before),
            After = HwSide.Parse(after),
            Pattern = Convert.FromHexString(before.GetProperty("m").GetString()!),
            Changes = changes,
        };
    }
}
