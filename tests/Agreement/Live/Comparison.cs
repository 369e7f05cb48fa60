using System;
using System.Collections.Generic;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Says in words where the engine's outcome differs from the host's.</summary>
internal static class Comparison
{
    private const ulong Compared = (ulong)(RFlags.CF | RFlags.PF | RFlags.AF | RFlags.ZF | RFlags.SF | RFlags.OF | RFlags.DF | RFlags.TF | RFlags.IF | RFlags.AC | RFlags.ID | RFlags.NT);

    /// <summary>All differences; <paramref name="masked"/> leaves out what the manual leaves open.</summary>
    internal static List<string> Differences(LiveCase test, LiveOutcome host, LiveOutcome engine, bool masked)
    {
        List<string> found = [];
        if (host.Vector != engine.Vector)
        {
            found.Add($"vector {engine.Vector}, host {host.Vector}");
            return found;
        }

        // Of the kernel's half of the address space Linux does not tell what is mapped: it reports all pages as present.
        uint known = host.Vector == (int)Vector.PF && host.FaultAddress >> 47 != 0 ? ~1u : ~0u;
        if (host.Vector >= 0 && ((Vector)host.Vector).HasErrorCode() && ((host.ErrorCode ^ engine.ErrorCode) & known) != 0)
        {
            found.Add($"error code {engine.ErrorCode:X}, host {host.ErrorCode:X}");
        }

        if (host.Vector == (int)Vector.PF && ((host.FaultAddress ^ engine.FaultAddress) & AddressMask(test)) != 0)
        {
            found.Add($"cr2 {engine.FaultAddress:X}, host {host.FaultAddress:X}");
        }

        Expect(found, "rip", host.Rip, engine.Rip);
        for (int i = 0; i < 6; i++)
        {
            Expect(found, LiveOutcome.SegmentNames[i], Seen(host.Selectors[i]), Seen(engine.Selectors[i]));
        }

        if (engine.WrongSegment >= 0)
        {
            found.Add($"hidden part of {LiveOutcome.SegmentNames[engine.WrongSegment]} is not its descriptor's");
        }

        ushort undefinedStatus = 0;
        bool ended = host.Vector == 1;
        ulong undefined = masked && ended ? UndefinedState.Flags(test, out undefinedStatus) : 0;
        Expect(found, "flags", host.Flags & Compared & ~undefined, engine.Flags & Compared & ~undefined);
        CompareFx(found, host.Fx, engine.Fx, undefinedStatus);
        if (masked && ended && UndefinedState.Result(test, host))
        {
            return found;
        }

        // Outside 64-bit code the upper halves are not defined.
        ulong mask = test.Bits == 64 && host.Selectors[1] == LiveDescriptors.UserCode64 ? ulong.MaxValue : uint.MaxValue;
        for (int i = 0; i < (test.Bits == 64 ? 16 : 8); i++)
        {
            Expect(found, LiveOutcome.Names[i], host.Registers[i] & mask, engine.Registers[i] & mask);
        }

        int at = host.Memory.AsSpan().CommonPrefixLength(engine.Memory);
        if (at < host.Memory.Length)
        {
            found.Add($"memory at {CaseLayout.WindowAt + at:X} is {engine.Memory[at]:X2}, host {host.Memory[at]:X2}");
        }

        return found;
    }

    // On its way to the handler the host's kernel returns to user mode, which clears the level of null selectors.
    private static ushort Seen(ushort selector) => selector < 4 ? (ushort)0 : selector;

    // In which order the parts of a long operand are reached is the maker's choice: of those only the page is compared.
    private static ulong AddressMask(LiveCase test) =>
        test.Instruction.MemorySize.GetSize() is 14 or > 16 || test.Instruction.MemorySize == MemorySize.Fxsave_512Byte || Exclusions.IsOnSelectors(test.Instruction.Code) ? ~0xFFFUL : ulong.MaxValue;

    private static void CompareFx(List<string> found, byte[] host, byte[] engine, ushort undefinedStatus)
    {
        ushort status = BitConverter.ToUInt16(host, FxBytes.StatusWord);
        Expect(found, "fcw", BitConverter.ToUInt16(host, 0), BitConverter.ToUInt16(engine, 0));
        Expect(found, "fsw", (uint)(status & ~undefinedStatus), (uint)(BitConverter.ToUInt16(engine, FxBytes.StatusWord) & ~undefinedStatus));
        Expect(found, "ftw", host[FxBytes.TagByte], engine[FxBytes.TagByte]);
        Expect(found, "mxcsr", BitConverter.ToUInt32(host, FxBytes.Mxcsr), BitConverter.ToUInt32(engine, FxBytes.Mxcsr));
        int top = (status >> 11) & 7;
        for (int i = 0; i < 8; i++)
        {
            if ((host[FxBytes.TagByte] >> ((top + i) & 7) & 1) != 0)
            {
                Expect(found, "st" + i, host.AsSpan(FxBytes.St0 + i * 16, 10), engine.AsSpan(FxBytes.St0 + i * 16, 10));
            }
        }

        if (!host.AsSpan(FxBytes.Xmm0, 256).SequenceEqual(engine.AsSpan(FxBytes.Xmm0, 256)))
        {
            for (int i = 0; i < 16; i++)
            {
                Expect(found, "xmm" + i, host.AsSpan(FxBytes.Xmm0 + i * 16, 16), engine.AsSpan(FxBytes.Xmm0 + i * 16, 16));
            }
        }
    }

    private static void Expect(List<string> found, string what, ulong host, ulong engine)
    {
        if (host != engine)
        {
            found.Add($"{what} {engine:X}, host {host:X}");
        }
    }

    private static void Expect(List<string> found, string what, ReadOnlySpan<byte> host, ReadOnlySpan<byte> engine)
    {
        if (!host.SequenceEqual(engine))
        {
            found.Add($"{what} {LiveCase.Backwards(engine)}, host {LiveCase.Backwards(host)}");
        }
    }
}
