using System;
using System.Globalization;
using System.IO;
using System.Text;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;

namespace Doppel.Machine.Replay;

/// <summary>What a machine must be made of so that a log of its outside input means anything to it. The engine is not among it: all do the same.</summary>
internal sealed record ReplayFacts
{
    private const int Version = 3;

    private const int MaxTextBytes = 1 << 16;

    /// <summary>RAM in bytes.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>CPU model with its changes.</summary>
    public required string CpuModel { get; init; }

    /// <summary>Number of CPUs.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Kernel command line.</summary>
    public required string CommandLine { get; init; }

    /// <summary>SHA-256 of the kernel file, or of the firmware.</summary>
    public required string Kernel { get; init; }

    /// <summary>SHA-256 of the initial RAM disk, or of the display's ROM; empty: none.</summary>
    public required string Initrd { get; init; }

    /// <summary>The optional parts in words (<see cref="MachineParts.Describe"/>).</summary>
    public required string Parts { get; init; }

    /// <summary>Whether the host unpacks the kernel.</summary>
    public required bool Unpack { get; init; }

    /// <summary>Calendar time at power-on.</summary>
    public required long EpochNanoseconds { get; init; }

    /// <summary>Seed of the random source.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Hash of the state in which the run began; empty: power-on.</summary>
    public string Start { get; init; } = string.Empty;

    /// <summary>The facts as a state stream.</summary>
    public byte[] Encode()
    {
        using MemoryStream stream = new();
        using BinaryStateWriter to = new(stream);
        to.Begin("replay", Version);
        to.Write("cpus", (ulong)Cpus);
        to.Write("memory", MemoryBytes);
        to.Write("cpu", Encoding.UTF8.GetBytes(CpuModel));
        to.Write("commandLine", Encoding.UTF8.GetBytes(CommandLine));
        to.Write("kernel", Encoding.UTF8.GetBytes(Kernel));
        to.Write("initrd", Encoding.UTF8.GetBytes(Initrd));
        to.Write("parts", Encoding.UTF8.GetBytes(Parts));
        to.Write("unpack", Unpack);
        to.Write("epoch", EpochNanoseconds);
        to.Write("seed", Seed);
        to.Write("start", Encoding.UTF8.GetBytes(Start));
        to.End();
        _ = to.Finish();
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="StateFormatException">It is damaged.</exception>
    public static ReplayFacts Decode(ReadOnlyMemory<byte> bytes)
    {
        BinaryStateReader from = new(bytes);
        if (from.Begin("replay", Version) != Version)
        {
            throw new StateFormatException("an earlier version of Doppel recorded it");
        }

        ReplayFacts facts = new()
        {
            Cpus = (int)from.ReadUnsigned("cpus", MachineSpec.MaxCpus),
            MemoryBytes = from.ReadUnsigned("memory"),
            CpuModel = Text(from, "cpu"),
            CommandLine = Text(from, "commandLine"),
            Kernel = Text(from, "kernel"),
            Initrd = Text(from, "initrd"),
            Parts = Text(from, "parts"),
            Unpack = from.ReadBool("unpack"),
            EpochNanoseconds = from.ReadSigned("epoch"),
            Seed = from.ReadUnsigned("seed"),
            Start = Text(from, "start"),
        };
        from.End();
        from.Finish();
        return facts;
    }

    /// <summary>Why a log of these facts cannot be replayed on <paramref name="machine"/>, in words; null: it can.</summary>
    public string? Difference(ReplayFacts machine) =>
        Parts != machine.Parts ? $"a machine with {OrNone(Parts)} was recorded, not one with {OrNone(machine.Parts)}"
        : Kernel != machine.Kernel ? $"another kernel was recorded (SHA-256 {Kernel}, not {machine.Kernel})"
        : Initrd != machine.Initrd ? $"another initrd was recorded (SHA-256 {OrNone(Initrd)}, not {OrNone(machine.Initrd)})"
        : MemoryBytes != machine.MemoryBytes ? string.Create(CultureInfo.InvariantCulture, $"a machine with {MemoryBytes >> 20} MiB of memory was recorded, not {machine.MemoryBytes >> 20}")
        : CpuModel != machine.CpuModel ? $"a machine with CPU model {CpuModel} was recorded, not {machine.CpuModel}"
        : Cpus != machine.Cpus ? string.Create(CultureInfo.InvariantCulture, $"a machine with {Cpus} CPUs was recorded, not {machine.Cpus}")
        : CommandLine != machine.CommandLine ? $"the command line \"{CommandLine}\" was recorded, not \"{machine.CommandLine}\""
        : Unpack != machine.Unpack ? $"a kernel that {(Unpack ? "the host" : "the guest")} unpacks was recorded, not one that {(machine.Unpack ? "the host" : "the guest")} unpacks"
        : Seed != machine.Seed ? string.Create(CultureInfo.InvariantCulture, $"the seed {Seed} was recorded, not {machine.Seed}")
        : EpochNanoseconds != machine.EpochNanoseconds ? "another calendar time at power-on was recorded"
        : null;

    private static string Text(BinaryStateReader from, string field) => Encoding.UTF8.GetString(from.ReadBytes(field, MaxTextBytes));

    private static string OrNone(string hash) => hash.Length == 0 ? "none" : hash;
}
