using System;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>
/// What all drives on a cable have in common: registers, status, interrupt, data port, one timer. A command makes the drive busy; what it does
/// happens when its time has passed. Machine's thread only.
/// </summary>
public abstract class IdeDrive
{
    private IdeChannel? _channel;
    private IGuestClock? _clock;
    private ITimer? _timer;
    private IdePhase _phase;

    private protected IdeDrive(string name) => DriveName = name;

    /// <summary>Name that people use: "disk0", "cdrom0".</summary>
    public string DriveName { get; }

    internal TaskFile Registers { get; } = new();

    internal byte Status { get; private protected set; }

    internal byte Error { get; private protected set; }

    internal bool IsInterrupting { get; private set; }

    internal TransferBuffer Buffer { get; } = new();

    internal bool IsBusy => (Status & IdeStatus.Busy) != 0;

    /// <summary>The command under way or done last.</summary>
    private protected byte Command { get; private set; }

    /// <summary>Whether it is the second drive of its cable.</summary>
    private protected bool IsSecond { get; private set; }

    /// <summary>Whether the cable has another drive.</summary>
    private protected bool HasNeighbour { get; private set; }

    private protected BusMaster BusMaster => _channel!.BusMaster;

    /// <summary>What a reset leaves in the cylinder registers.</summary>
    private protected abstract ushort Signature { get; }

    /// <summary>Status after a reset, and while nothing happens.</summary>
    private protected abstract byte ResetStatus { get; }

    internal void Connect(IdeChannel channel, IGuestClock clock, string timer, bool isSecond, bool hasNeighbour)
    {
        _channel = channel;
        _clock = clock;
        _timer = clock.NewTimer(timer, Fired);
        IsSecond = isSecond;
        HasNeighbour = hasNeighbour;
    }

    /// <summary>Power-on or the reset line: everything as new.</summary>
    internal void Reset()
    {
        _timer!.Cancel();
        IsInterrupting = false;
        Command = 0;
        Buffer.Clear();
        ForgetCommand();
        ResetDrive();
        EndReset();
    }

    /// <summary>SRST is asserted: whatever was under way ends here and leaves no trace on the medium.</summary>
    internal void BeginSoftReset()
    {
        _timer!.Cancel();
        IsInterrupting = false;
        Buffer.Clear();
        ForgetCommand();
        _phase = IdePhase.Reset;
        Status = IdeStatus.Busy;
        SoftReset();
    }

    /// <summary>SRST is released, DEVICE RESET or a diagnosis is under way.</summary>
    internal void FinishResetLater() => _timer!.Arm(_clock!.Now + IdeTime.Reset);

    /// <summary>EXECUTE DEVICE DIAGNOSTIC, which both drives of a cable do; the first one reports.</summary>
    internal void Diagnose()
    {
        BeginSoftReset();
        _phase = IdePhase.Diagnosis;
        FinishResetLater();
    }

    /// <summary>The guest writes the Command register.</summary>
    internal void Write(byte command)
    {
        if ((Status & (IdeStatus.Busy | IdeStatus.DataRequest)) != 0 && !MayInterrupt(command))
        {
            return;
        }

        IsInterrupting = false;
        if (MayInterrupt(command))
        {
            BeginSoftReset();
            FinishResetLater();
            return;
        }

        Command = command;
        Error = 0;
        Buffer.Clear();
        ForgetCommand();
        Later(Begin());
    }

    /// <summary>The guest reads the Status register.</summary>
    internal void AcknowledgeInterrupt() => IsInterrupting = false;

    internal ulong ReadData(int size)
    {
        if (_phase != IdePhase.DataIn)
        {
            return ((AccessSize)size).AllOnes();
        }

        ulong value = Buffer.Take(size);
        AfterData();
        return value;
    }

    internal void WriteData(int size, ulong value)
    {
        if (_phase == IdePhase.DataOut)
        {
            Buffer.Put(size, value);
            AfterData();
        }
    }

    /// <summary>Elements of the block that waits, but for its last.</summary>
    internal int ReadData(int size, Span<byte> to) => _phase == IdePhase.DataIn ? Buffer.TakeMany(size, to) : 0;

    /// <summary>Elements of the block that is waited for, but for its last.</summary>
    internal int WriteData(int size, ReadOnlySpan<byte> from) => _phase == IdePhase.DataOut ? Buffer.PutMany(size, from) : 0;

    /// <summary>The bus master can move something: a drive that waits for it goes on.</summary>
    internal void BusMasterReady()
    {
        if (_phase == IdePhase.Dma)
        {
            Later(IdeTime.BusMaster);
        }
    }

    internal void Save(IStateWriter to)
    {
        to.Begin("drive", 1);
        Registers.Save(to);
        to.Write("status", (ulong)Status);
        to.Write("error", (ulong)Error);
        to.Write("command", (ulong)Command);
        to.Write("interrupt", IsInterrupting);
        to.Write("phase", (ulong)_phase);
        to.Write("due", _timer!.Due.Nanoseconds);
        Buffer.Save(to);
        SaveDrive(to);
        to.End();
    }

    internal void Restore(IStateReader from)
    {
        from.Begin("drive", 1);
        Registers.Restore(from);
        Status = (byte)from.ReadUnsigned("status", 0xFF);
        Error = (byte)from.ReadUnsigned("error", 0xFF);
        Command = (byte)from.ReadUnsigned("command", 0xFF);
        IsInterrupting = from.ReadBool("interrupt");
        _phase = (IdePhase)from.ReadUnsigned("phase", (ulong)IdePhase.Diagnosis);
        long due = from.ReadSigned("due", 0);
        Buffer.Restore(from);
        RestoreDrive(from);
        from.End();
        if (due == long.MaxValue)
        {
            _timer!.Cancel();
        }
        else
        {
            _timer!.Arm(new GuestTime(due));
        }
    }

    /// <summary>Whether a command is taken even while the drive is busy: DEVICE RESET.</summary>
    private protected virtual bool MayInterrupt(byte command) => false;

    /// <summary>A command has come; its registers are in <see cref="Registers"/>. Says how long it takes until <see cref="Work"/>.</summary>
    private protected abstract long Begin();

    /// <summary>The time has passed: goes on with the command.</summary>
    private protected abstract void Work();

    /// <summary>The guest has moved the block; DRQ is down and the drive busy. Says how long it takes until <see cref="Work"/>, or 0 when nothing follows.</summary>
    private protected abstract long BlockMoved(bool toGuest);

    /// <summary>Drops what belongs to the command under way.</summary>
    private protected abstract void ForgetCommand();

    /// <summary>Takes power-on settings.</summary>
    private protected abstract void ResetDrive();

    /// <summary>Takes the settings that a software reset changes.</summary>
    private protected abstract void SoftReset();

    private protected abstract void SaveDrive(IStateWriter to);

    private protected abstract void RestoreDrive(IStateReader from);

    /// <summary>Goes on being busy.</summary>
    private protected void Later(long nanoseconds)
    {
        _phase = IdePhase.Busy;
        Status = IdeStatus.Busy | IdeStatus.Idle;
        _timer!.Arm(_clock!.Now + nanoseconds);
        _channel!.Follow();
    }

    /// <summary>The command is done.</summary>
    private protected void End(byte status, byte error = 0)
    {
        _phase = IdePhase.Idle;
        Status = status;
        Error = error;
        Buffer.Clear();
        Interrupt();
    }

    /// <summary>Data wait for the guest (true) or are waited for (false).</summary>
    private protected void Request(bool toGuest, bool interrupt)
    {
        _phase = toGuest ? IdePhase.DataIn : IdePhase.DataOut;
        Status = IdeStatus.Idle | IdeStatus.DataRequest;
        if (interrupt)
        {
            Interrupt();
        }
    }

    /// <summary>The drive asks for DMA and the bus master does not move: it waits, busy.</summary>
    private protected void WaitForBusMaster() => _phase = IdePhase.Dma;

    private void AfterData()
    {
        if (!Buffer.IsBlockDone)
        {
            return;
        }

        bool toGuest = _phase == IdePhase.DataIn;
        _phase = IdePhase.Idle;
        Status = IdeStatus.Idle;
        long time = BlockMoved(toGuest);
        if (time > 0)
        {
            Later(time);
        }
    }

    private void Interrupt()
    {
        IsInterrupting = true;
        _channel!.Follow();
    }

    private void Fired()
    {
        switch (_phase)
        {
            case IdePhase.Busy:
                Work();
                break;
            case IdePhase.Reset:
                EndReset();
                break;
            case IdePhase.Diagnosis:
                EndReset();
                if (!IsSecond)
                {
                    Interrupt();
                }

                break;
            default:
                break;
        }
    }

    private void EndReset()
    {
        byte device = Registers.Device;
        Registers.SetSignature(Signature);
        Registers.Device = (byte)(device & IdeControl.SecondDrive);
        _phase = IdePhase.Idle;
        Status = ResetStatus;
        Error = 1;
    }
}

/// <summary>What a drive is about.</summary>
internal enum IdePhase
{
    /// <summary>Nothing.</summary>
    Idle = 0,

    /// <summary>Its timer will let it go on.</summary>
    Busy = 1,

    /// <summary>The guest reads the data port.</summary>
    DataIn = 2,

    /// <summary>The guest writes the data port.</summary>
    DataOut = 3,

    /// <summary>The bus master has to move.</summary>
    Dma = 4,

    /// <summary>A reset is under way.</summary>
    Reset = 5,

    /// <summary>EXECUTE DEVICE DIAGNOSTIC is under way.</summary>
    Diagnosis = 6,
}
