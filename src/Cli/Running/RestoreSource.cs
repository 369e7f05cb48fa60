using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Cli.Reporting;
using Doppel.Machine;
using Doppel.Primitives;

namespace Doppel.Cli.Running;

/// <summary>A snapshot that a run goes on from. Its memory is compared with its checksums while the guest runs already.</summary>
internal sealed class RestoreSource : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _verification = Task.CompletedTask;

    private RestoreSource(SnapshotFile snapshot) => Snapshot = snapshot;

    internal SnapshotFile Snapshot { get; }

    /// <summary>Opens the file; throws the usage error when it is no snapshot.</summary>
    internal static RestoreSource Open(string path)
    {
        HostChecks.IsFile("--restore", path);
        try
        {
            return new RestoreSource(SnapshotFile.Open(path));
        }
        catch (StateFormatException e)
        {
            throw CliException.Usage($"--restore: {Printable.Line(path)}: {Printable.Line(e.Message)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.NotFound($"--restore: {Printable.Line(path)} cannot be read: {HostChecks.Reason(e)}");
        }
    }

    /// <summary>The machine that was saved.</summary>
    internal VirtualMachine NewMachine(MachineSpec spec)
    {
        try
        {
            return new VirtualMachine(Snapshot, spec);
        }
        catch (StateFormatException e)
        {
            throw CliException.Usage("--restore: " + Printable.Line(e.Message));
        }
    }

    /// <summary>Starts to compare the memory; damage ends the run.</summary>
    internal void Verify(Ending ending) => _verification = Task.Run(() =>
    {
        try
        {
            Snapshot.Verify(_stop.Token);
        }
        catch (StateFormatException e)
        {
            ending.Request(ExitCode.Failure, "--restore: " + Printable.Line(e.Message));
            throw;
        }
    });

    /// <summary>Waits for the comparison; throws when the snapshot is damaged, whatever the guest has come to.</summary>
    internal void CheckVerified()
    {
        try
        {
            _verification.GetAwaiter().GetResult();
        }
        catch (StateFormatException e)
        {
            throw new CliException(ExitCode.Failure, "--restore: " + Printable.Line(e.Message));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        try
        {
            _verification.Wait();
        }
        catch (AggregateException)
        {
            // Told already, or nobody is interested any more.
        }

        Snapshot.Dispose();
        _stop.Dispose();
    }
}
