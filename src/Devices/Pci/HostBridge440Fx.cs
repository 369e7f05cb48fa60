using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>Switches what answers between 0xA0000 and 0xFFFFF.</summary>
public interface IShadowMemory
{
    /// <summary>
    /// Segment 0 is 0xF0000-0xFFFFF; segments 1 to 12 are 16 KiB each from 0xC0000. False for both: the ROM side answers.
    /// </summary>
    void SetSegment(int segment, bool readRam, bool writeRam);

    /// <summary>Whether RAM answers at 0xA0000-0xBFFFF, where the display does otherwise.</summary>
    void SetManagement(bool visible);
}

/// <summary>
/// The host bridge of the 440FX chipset, 8086:1237 (datasheet order number 290549): attribute registers PAM0-PAM6 (3.2.18) and system-management RAM at
/// 0xA0000 (3.2.24), seen by processors in system-management mode, or by all while D_OPEN is set; D_LCK closes it for good. Not modelled: D_CLS, DRAM
/// timing and size, AGP, turbo and reset control; those registers keep what is written or read as zero.
/// </summary>
public sealed class HostBridge440Fx : PciFunction
{
    private const int FirstPam = 0x59;
    private const int PamCount = 7;
    private const int Smram = 0x72;
    private const byte SmramBase = 0x02;
    private const byte SmramEnable = 0x08;
    private const byte SmramLock = 0x10;
    private const byte SmramOpen = 0x40;

    private readonly IShadowMemory? _shadow;
    private bool _isManaging;

    /// <summary>The bridge; <paramref name="shadow"/> follows its attribute registers.</summary>
    /// <param name="shadow">What is switched, or null.</param>
    /// <param name="subsystem">Subsystem vendor in the low half and subsystem in the high one, as configuration register 0x2C shows them.</param>
    public HostBridge440Fx(IShadowMemory? shadow = null, uint subsystem = 0)
        : base("host-bridge", new PciIdentity(0x8086, 0x1237, 0x06_00_00, 0x02) { SubsystemVendorId = (ushort)subsystem, SubsystemId = (ushort)(subsystem >> 16) })
    {
        _shadow = shadow;

        // Memory decoding and bus mastering are always on (3.2.3).
        Config.Define(0x04, AccessSize.Word, 0x0006);
        Config.Define(0x06, AccessSize.Word, 0x0280);
        Config.Define(FirstPam, AccessSize.Byte, 0, 0x30);
        for (int i = 1; i < PamCount; i++)
        {
            Config.Define(FirstPam + i, AccessSize.Byte, 0, 0x33);
        }

        Config.Define(Smram, AccessSize.Byte, SmramBase, 0x78);
    }

    /// <summary>SMIACT#: whether a processor is in system-management mode. The processors drive it anew when they are restored.</summary>
    public void SetManagementActive(bool active)
    {
        _isManaging = active;
        ApplyManagement();
    }

    /// <inheritdoc/>
    public override void WriteConfig(int offset, AccessSize size, ulong value)
    {
        byte before = Config[Smram];
        if ((before & SmramLock) != 0 && offset <= Smram && offset + (int)size > Smram)
        {
            // Locked: the register keeps what it has until the reset line is pulled.
            int shift = 8 * (Smram - offset);
            value = (value & ~(0xFFUL << shift)) | ((ulong)before << shift);
        }

        base.WriteConfig(offset, size, value);
    }

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind) => Apply();

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from) => Apply();

    /// <inheritdoc/>
    protected override void ConfigWritten(int offset, int length)
    {
        if (offset <= Smram && offset + length > Smram && (Config[Smram] & SmramLock) != 0)
        {
            // Setting the lock closes the window (3.2.24).
            Config.Write(Smram, AccessSize.Byte, (ulong)(Config[Smram] & ~SmramOpen));
        }

        if (offset < FirstPam + PamCount && offset + length > FirstPam)
        {
            Apply();
        }

        ApplyManagement();
    }

    private void Apply()
    {
        ApplyManagement();
        if (_shadow is null)
        {
            return;
        }

        Set(0, Config[FirstPam] >> 4);
        for (int i = 1; i < PamCount; i++)
        {
            Set((i * 2) - 1, Config[FirstPam + i]);
            Set(i * 2, Config[FirstPam + i] >> 4);
        }
    }

    private void ApplyManagement()
    {
        byte smram = Config[Smram];
        _shadow?.SetManagement((smram & SmramEnable) != 0 && (_isManaging || (smram & SmramOpen) != 0));
    }

    private void Set(int segment, int attributes) => _shadow!.SetSegment(segment, (attributes & 1) != 0, (attributes & 2) != 0);
}
