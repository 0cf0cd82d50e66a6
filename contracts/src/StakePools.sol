// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Credit} from "./types/Lease.sol";

/// @title Stake: one pool of shares per provider and token, slices of it locked for leases.
/// @dev Share price = (assets + 1) / (shares + VIRTUAL_SHARES), always rounded for the pool. The shares that nobody holds make the
/// price of an empty pool fixed: who inflates it before others come pays for that and gains at most one share's worth.
/// Invariants: the locked sum here = sum of assets; sliced <= what the shares that are not unbonding are worth; no assets without
/// shares. What LeaseManager calls never reverts but for too little free stake: no settlement or close hangs on a pool.
abstract contract StakePools is IDatacenterRegistry, ReentrancyGuardTransient {
    using SafeCast for uint256;

    uint256 private constant VIRTUAL_SHARES = 1e6;
    /// @dev Of what is staked; rewards may go beyond and are far from filling the type.
    uint256 private constant MAX_ASSETS = type(uint96).max;
    /// @dev Nobody's: its balance in the Vault stays there.
    address private constant BURNED = address(0xdEaD);

    /// @dev A slash that takes everything begins a new generation: the shares of those before are void, who comes later is not
    /// touched by them.
    struct Pool {
        uint128 assets;
        uint128 shares;
        uint128 unbondingShares;
        uint128 sliced;
        uint64 generation;
    }

    struct Position {
        uint128 shares; // not unbonding
        uint128 unbondingShares;
        uint40 availableAt;
        uint64 generation;
    }

    /// @inheritdoc IDatacenterRegistry
    IVault public immutable override vault;
    /// @inheritdoc IDatacenterRegistry
    address public immutable override leaseManager;
    /// @inheritdoc IDatacenterRegistry
    uint40 public immutable override unbondingSeconds;

    mapping(address provider => mapping(address token => Pool)) private _pools;
    mapping(address provider => mapping(address token => mapping(address account => Position))) private _positions;

    constructor(IVault vault_, address leaseManager_, uint40 unbondingSeconds_) {
        vault = vault_;
        leaseManager = leaseManager_;
        unbondingSeconds = unbondingSeconds_;
    }

    modifier onlyLeaseManager() {
        if (msg.sender != leaseManager) revert NotLeaseManager(msg.sender);
        _;
    }

    /// @inheritdoc IDatacenterRegistry
    function stake(address provider, address token, uint256 amount, bytes calldata funding)
        external
        nonReentrant
        returns (uint256 shares)
    {
        if (_payoutOf(provider) == address(0)) revert NotRegistered(provider);
        Pool storage pool = _pools[provider][token];
        uint256 assets = Math.saturatingAdd(pool.assets, amount);
        if (assets > MAX_ASSETS) revert PoolTooLarge(assets);
        shares = amount * (pool.shares + VIRTUAL_SHARES) / (uint256(pool.assets) + 1);
        // Too little for a share is as good as nothing.
        if (shares == 0) revert AmountZero();
        // The price can have fallen so far that the shares no longer fit.
        if (pool.shares + shares > type(uint128).max) revert PoolTooLarge(assets);
        pool.assets = assets.toUint128();
        pool.shares += shares.toUint128();

        Position storage mine = _positions[provider][token][msg.sender];
        if (mine.generation != pool.generation) {
            delete _positions[provider][token][msg.sender];
            mine.generation = pool.generation;
        }
        mine.shares += shares.toUint128();
        emit Staked(provider, token, msg.sender, amount, shares);

        vault.lock(token, msg.sender, amount, bytes32(uint256(uint160(provider))), funding);
    }

    /// @inheritdoc IDatacenterRegistry
    function unbond(address provider, address token, uint256 shares) external {
        if (shares == 0) revert AmountZero();
        (Pool storage pool, Position storage mine) = _mine(provider, token);
        if (mine.shares < shares) revert SharesTooFew(msg.sender, mine.shares, shares);
        uint256 bonded = _bonded(pool);
        pool.unbondingShares += shares.toUint128();
        uint256 left = _bonded(pool);
        if (left < pool.sliced) revert StakeTooLow(provider, token, bonded - pool.sliced, bonded - left);
        mine.shares -= shares.toUint128();
        mine.unbondingShares += shares.toUint128();
        mine.availableAt = uint40(block.timestamp) + unbondingSeconds;
        emit Unbonded(provider, token, msg.sender, shares, mine.availableAt);
    }

    /// @inheritdoc IDatacenterRegistry
    function withdrawStake(address provider, address token) external nonReentrant returns (uint256 amount) {
        (Pool storage pool, Position storage mine) = _mine(provider, token);
        uint128 shares = mine.unbondingShares;
        if (shares == 0) revert NothingUnbonding(msg.sender);
        if (block.timestamp < mine.availableAt) revert StillBonded(mine.availableAt);
        // Who leaves last takes what rounding left: an empty pool has no price of its own.
        amount = shares == pool.shares ? pool.assets : _worth(pool, shares);
        pool.assets -= amount.toUint128();
        pool.shares -= shares;
        pool.unbondingShares -= shares;
        (mine.unbondingShares, mine.availableAt) = (0, 0);
        emit StakeWithdrawn(provider, token, msg.sender, shares, amount);

        if (amount != 0) vault.release(token, msg.sender, amount);
    }

    /// @inheritdoc IDatacenterRegistry
    function lockSlice(address provider, address token, uint256 amount) external onlyLeaseManager {
        if (amount == 0) return;
        Pool storage pool = _pools[provider][token];
        uint256 free = _bonded(pool) - pool.sliced;
        if (free < amount) revert StakeTooLow(provider, token, free, amount);
        pool.sliced += amount.toUint128();
        emit SliceLocked(provider, token, amount);
    }

    /// @inheritdoc IDatacenterRegistry
    function freeSlice(address provider, address token, uint256 amount) external onlyLeaseManager {
        Pool storage pool = _pools[provider][token];
        uint256 freed = Math.min(amount, pool.sliced);
        if (freed == 0) return;
        pool.sliced -= freed.toUint128();
        emit SliceFreed(provider, token, freed);
    }

    /// @inheritdoc IDatacenterRegistry
    /// @dev Unbonding shares lose with the others. Sliced falls by as much as assets do, so their order holds.
    function slash(address provider, address token, uint256 amount, Credit[] calldata credits)
        external
        onlyLeaseManager
        nonReentrant
        returns (uint256 taken)
    {
        Pool storage pool = _pools[provider][token];
        taken = Math.min(amount, pool.sliced);
        if (taken == 0) return 0;
        pool.sliced -= taken.toUint128();
        pool.assets -= taken.toUint128();
        if (pool.assets == 0) (pool.shares, pool.unbondingShares, pool.generation) = (0, 0, pool.generation + 1);

        (Credit[] memory cut, uint256 burned) = _cut(credits, taken);
        emit Slashed(provider, token, taken, burned);
        vault.releaseMany(token, cut);
    }

    /// @inheritdoc IDatacenterRegistry
    /// @dev A pool without shares has nobody to share with: the provider keeps it.
    function reward(address provider, address token, uint256 amount) external onlyLeaseManager nonReentrant {
        if (amount == 0) return;
        Pool storage pool = _pools[provider][token];
        if (pool.shares == 0) return vault.release(token, _payoutOf(provider), amount);
        pool.assets += amount.toUint128();
        emit StakeRewarded(provider, token, amount);
    }

    /// @inheritdoc IDatacenterRegistry
    function stakePool(address provider, address token) external view returns (StakePool memory) {
        Pool storage pool = _pools[provider][token];
        return StakePool(pool.assets, pool.shares, pool.unbondingShares, pool.sliced);
    }

    /// @inheritdoc IDatacenterRegistry
    function sharesOf(address provider, address token, address account) external view returns (uint256) {
        Position storage p = _positions[provider][token][account];
        return p.generation == _pools[provider][token].generation ? p.shares : 0;
    }

    /// @inheritdoc IDatacenterRegistry
    function unbondingOf(address provider, address token, address account) external view returns (Unbonding memory) {
        Position storage p = _positions[provider][token][account];
        if (p.generation != _pools[provider][token].generation) return Unbonding(0, 0);
        return Unbonding(p.unbondingShares, p.availableAt);
    }

    /// @inheritdoc IDatacenterRegistry
    function freeStake(address provider, address token) external view returns (uint256) {
        Pool storage pool = _pools[provider][token];
        return _bonded(pool) - pool.sliced;
    }

    /// @dev Zero: not registered.
    function _payoutOf(address provider) internal view virtual returns (address);

    /// @dev Void shares are told from none, so that their holder learns why.
    function _mine(address provider, address token) private view returns (Pool storage pool, Position storage mine) {
        pool = _pools[provider][token];
        mine = _positions[provider][token][msg.sender];
        if (mine.generation != pool.generation && mine.shares | mine.unbondingShares != 0) {
            revert PoolWipedOut(provider, token);
        }
    }

    /// @dev The most that slices may be.
    function _bonded(Pool storage pool) private view returns (uint256) {
        return _worth(pool, pool.shares - pool.unbondingShares);
    }

    /// @dev Fits: 2^128 * (2^128 - 1). Never more than the assets, since no shares reach shares + VIRTUAL_SHARES.
    function _worth(Pool storage pool, uint256 shares) private view returns (uint256) {
        return shares * (uint256(pool.assets) + 1) / (pool.shares + VIRTUAL_SHARES);
    }

    /// @dev Credits in their order as far as `taken` goes; what is left, and what was meant for nobody, is burned.
    function _cut(Credit[] calldata credits, uint256 taken) private pure returns (Credit[] memory cut, uint256 burned) {
        cut = new Credit[](credits.length + 1);
        burned = taken;
        for (uint256 i = 0; i < credits.length; ++i) {
            if (credits[i].to == address(0)) continue;
            cut[i] = Credit(credits[i].to, Math.min(credits[i].amount, burned));
            burned -= cut[i].amount;
        }
        cut[credits.length] = Credit(BURNED, burned);
    }
}
