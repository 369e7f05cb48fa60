using Doppel.Cpu;
using Doppel.Primitives;

namespace Doppel.Agreement.Tests;

/// <summary>A board with nothing on it: reads give all ones, writes vanish, no interrupt ever comes.</summary>
internal sealed class QuietBus : IVcpuBus
{
    public byte TaskPriority { get; set; }

    public ulong TimestampHertz => 1_000_000_000;

    public ulong ReadPort(ushort port, AccessSize size) => size.AllOnes();

    public void WritePort(ushort port, AccessSize size, ulong value)
    {
    }

    public ulong ReadMmio(Gpa at, AccessSize size) => size.AllOnes();

    public void WriteMmio(Gpa at, AccessSize size, ulong value)
    {
    }

    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool TryWriteMsr(uint msr, ulong value) => false;

    public bool TryAcknowledgeInterrupt(out byte vector)
    {
        vector = 0;
        return false;
    }

    public ulong ReadTimestamp() => 0;

    public ulong DrawRandom() => 0;
}
