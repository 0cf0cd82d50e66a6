// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Credit, Prices} from "../types/Lease.sol";
import {IVault} from "./IVault.sol";

/// @title Who the datacenters are: identity, keys, where to reach them, what they can do, what they ask, who attests it, what
/// they stand to lose.
/// @dev A Vault manager: stake is locked there. Stake of one provider in one token is a pool of shares; the provider's own
/// stake and its delegators' are shares alike, earn alike and are slashed alike. A slash that takes all of a pool makes its shares
/// void: their holders get PoolWipedOut, who stakes later begins with a pool that knows nothing of them.
interface IDatacenterRegistry {
    /// @notice A member. The provider's address is its identity for good; its other fields may change.
    struct Datacenter {
        address operator; // session key: signs Offers and receipts, activates, settles. Several providers may use one key
        address payout; // earnings are credited to it
        bool active; // false: no new leases
        uint40 registeredAt;
        uint256 capabilities; // bit map, the datacenter's own word
        bytes32 priceBook; // content address of the price book published last
        string endpoint; // https URL of its gateway
        string region; // e.g. "eu-central"
    }

    /// @notice An auditor's word on a provider (EIP-712, domain: chain id and DatacenterRegistry).
    struct Attestation {
        address provider;
        uint256 bits;
        uint40 issuedAt; // unix seconds; must be later than the one on record, so that nothing old comes back
        uint40 expiresAt;
        bytes32 evidenceHash;
    }

    /// @notice Stake of one provider in one token. Share price = assets / shares.
    struct StakePool {
        uint128 assets; // smallest units, unbonding ones included
        uint128 shares;
        uint128 unbondingShares;
        uint128 sliced; // locked for live leases; never more than the assets that are not unbonding
    }

    struct Unbonding {
        uint128 shares; // still slashed with the pool until they are withdrawn
        uint40 availableAt;
    }

    event DatacenterRegistered(address indexed provider, address operator, address payout, uint256 capabilities, string endpoint, string region);
    event DatacenterUpdated(address indexed provider, address operator, address payout, uint256 capabilities, string endpoint, string region);
    event DatacenterActive(address indexed provider, bool active);
    event PriceBookPublished(address indexed provider, bytes32 indexed priceBook, address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices prices);
    event Attested(address indexed auditor, address indexed provider, uint256 bits, uint40 expiresAt, bytes32 evidenceHash);
    event AttestationRevoked(address indexed auditor, address indexed provider);
    event Staked(address indexed provider, address indexed token, address indexed account, uint256 amount, uint256 shares);
    event Unbonded(address indexed provider, address indexed token, address indexed account, uint256 shares, uint40 availableAt);
    event StakeWithdrawn(address indexed provider, address indexed token, address indexed account, uint256 shares, uint256 amount);
    event StakeRewarded(address indexed provider, address indexed token, uint256 amount);
    event SliceLocked(address indexed provider, address indexed token, uint256 amount);
    event SliceFreed(address indexed provider, address indexed token, uint256 amount);
    event Slashed(address indexed provider, address indexed token, uint256 amount, uint256 burned);
    event DelegatorShareAnnounced(address indexed provider, uint16 bps, uint40 validFrom);

    error AlreadyRegistered(address provider);
    error NotRegistered(address provider);
    error OperatorZero();
    error PayoutZero();
    error EndpointInvalid(string endpoint);
    error TextTooLong(string field, uint256 length, uint256 max);
    error AttestationStale(address auditor, address provider, uint40 issuedAt, uint40 last);
    error AttestationExpired(uint40 expiresAt);
    error AttestationFromFuture(uint40 issuedAt);
    error SignatureInvalid(bytes32 digest, address expected);
    error AmountZero();
    error SharesTooFew(address account, uint256 has, uint256 needs);
    error NothingUnbonding(address account);
    error StillBonded(uint40 availableAt);
    error StakeTooLow(address provider, address token, uint256 free, uint256 needs);
    error NotLeaseManager(address caller);
    error ShareOutOfRange(uint16 bps, uint16 max);
    error PoolTooLarge(uint256 assets);
    error PoolWipedOut(address provider, address token);

    function register(address operator, address payout, uint256 capabilities, string calldata endpoint, string calldata region) external;
    /// @notice A new operator key counts from here on; the old one can sign nothing that is not on chain yet.
    function update(address operator, address payout, uint256 capabilities, string calldata endpoint, string calldata region) external;
    function setActive(bool active) external;
    /// @return priceBook keccak256(abi.encode(token, gpuClassA, gpuClassB, prices))
    function publishPriceBook(address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices calldata prices) external returns (bytes32 priceBook);

    // Attestations.
    /// @notice Put an auditor's word on record. Anyone with the signature; the auditor itself needs none.
    function attest(address auditor, Attestation calldata attestation, bytes calldata signature) external;
    /// @notice The caller takes its word back, at once.
    function revokeAttestation(address provider) external;
    /// @notice Bits that `auditor` attests now; zero when expired or revoked.
    function attested(address auditor, address provider) external view returns (uint256 bits);
    function attestation(address auditor, address provider) external view returns (Attestation memory);
    function attestationHash(Attestation calldata attestation) external view returns (bytes32);

    // Stake.
    /// @notice Stake for `provider` from the caller's Vault balance, or as `funding` says (see IVault; purpose:
    /// bytes32(uint256(uint160(provider)))). Anyone may: who is not the provider delegates.
    function stake(address provider, address token, uint256 amount, bytes calldata funding) external returns (uint256 shares);
    /// @notice Begin to take the caller's shares out. More of them later start the time anew.
    function unbond(address provider, address token, uint256 shares) external;
    /// @notice After the time: the caller's unbonding shares, at what they are worth then, to its Vault balance.
    function withdrawStake(address provider, address token) external returns (uint256 amount);
    /// @notice Provider only: of its net earnings, what goes to its stake pool. Valid after the unbonding time, so that delegators
    /// can leave first.
    function announceDelegatorShare(uint16 bps) external;

    // LeaseManager only.
    function lockSlice(address provider, address token, uint256 amount) external;
    function freeSlice(address provider, address token, uint256 amount) external;
    /// @notice Take `amount` of a slice: credits to those named, the rest is burned. Never more than the pool has.
    /// @return taken smallest units; less than `amount` only when so much is not sliced. Credits are cut in their order; one to the
    /// zero address is burned
    function slash(address provider, address token, uint256 amount, Credit[] calldata credits) external returns (uint256 taken);
    /// @notice `amount` has been moved to this contract's lock in the Vault and belongs to the pool; to the provider's payout while
    /// nobody has stake there.
    function reward(address provider, address token, uint256 amount) external;

    // Reads.
    function vault() external view returns (IVault);
    function leaseManager() external view returns (address);
    /// @notice Longer than two maturity buckets and a ruling can be.
    function unbondingSeconds() external view returns (uint40);
    function datacenter(address provider) external view returns (Datacenter memory);
    /// @notice What the market needs, in one read. `operator` is zero for an unknown provider.
    function standing(address provider) external view returns (address operator, address payout, bool active, uint256 capabilities);
    /// @notice What a payment needs, in one read. `delegatorBps` is zero without delegators' share.
    function payee(address provider) external view returns (address operator, address payout, uint16 delegatorBps);
    function providerCount() external view returns (uint256);
    /// @notice In the order of registration.
    function providerAt(uint256 index) external view returns (address);
    function stakePool(address provider, address token) external view returns (StakePool memory);
    /// @notice Without those that are unbonding.
    function sharesOf(address provider, address token, address account) external view returns (uint256);
    function unbondingOf(address provider, address token, address account) external view returns (Unbonding memory);
    /// @notice Smallest units that new slices can still be cut from.
    function freeStake(address provider, address token) external view returns (uint256);
}
