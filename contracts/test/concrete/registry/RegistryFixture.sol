// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Credit} from "../../../src/types/Lease.sol";
import {Test} from "../../utils/Test.sol";
import {TestPermit2} from "../../utils/TestPermit2.sol";
import {TestToken} from "../../utils/TestToken.sol";

/// @title Registry and Vault, with an account in the place of LeaseManager; one provider, two delegators with money.
abstract contract RegistryFixture is Test {
    uint40 internal constant START = 1_800_000_000;
    uint40 internal constant UNBONDING = 30 days;
    uint256 internal constant PROVIDER_KEY = 0xDC;
    uint256 internal constant FUNDS = 1_000_000e6;
    uint256 internal constant VIRTUAL = 1e6;
    address internal constant BURNED = address(0xdEaD);

    address internal governor = address(0x60);
    address internal leaseManager = address(0x1EA5E);
    address internal provider = vm.addr(PROVIDER_KEY);
    address internal operator = address(0xB0B);
    address internal payout = address(0x9A);
    address internal alice = address(0xA1);
    address internal bob = address(0xB0);
    TestToken internal token;
    TestPermit2 internal permit2;
    IVault internal vault;
    IDatacenterRegistry internal registry;

    function setUp() public virtual {
        vm.warp(START);
        permit2 = new TestPermit2();
        token = new TestToken();
        address[] memory managers = new address[](2);
        managers[0] = leaseManager;
        managers[1] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        vault = IVault(vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers, permit2)));
        registry = IDatacenterRegistry(
            vm.deployCode("DatacenterRegistry.sol:DatacenterRegistry", abi.encode(vault, leaseManager, UNBONDING))
        );
        vm.prank(governor);
        vault.allowToken(address(token));
        _register(provider);
        _fund(provider);
        _fund(alice);
        _fund(bob);
        _fund(leaseManager);
    }

    function _register(address who) internal {
        vm.prank(who);
        registry.register(operator, payout, 7, "https://dc.example:8443", "eu-central");
    }

    function _fund(address account) internal {
        token.mint(account, FUNDS);
        vm.startPrank(account);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(address(token), account, FUNDS);
        vm.stopPrank();
    }

    function _stake(address account, uint256 amount) internal returns (uint256) {
        vm.prank(account);
        return registry.stake(provider, address(token), amount, "");
    }

    function _unbond(address account, uint256 shares) internal {
        vm.prank(account);
        registry.unbond(provider, address(token), shares);
    }

    function _withdraw(address account) internal returns (uint256) {
        vm.prank(account);
        return registry.withdrawStake(provider, address(token));
    }

    function _lockSlice(uint256 amount) internal {
        vm.prank(leaseManager);
        registry.lockSlice(provider, address(token), amount);
    }

    function _freeSlice(uint256 amount) internal {
        vm.prank(leaseManager);
        registry.freeSlice(provider, address(token), amount);
    }

    function _slash(uint256 amount, Credit[] memory credits) internal returns (uint256) {
        vm.prank(leaseManager);
        return registry.slash(provider, address(token), amount, credits);
    }

    /// @dev As LeaseManager pays it: out of what it holds locked.
    function _reward(uint256 amount) internal {
        vm.startPrank(leaseManager);
        vault.lock(address(token), leaseManager, amount, 0, "");
        vault.moveLock(address(token), address(registry), amount);
        registry.reward(provider, address(token), amount);
        vm.stopPrank();
    }

    function _none() internal pure returns (Credit[] memory) {
        return new Credit[](0);
    }

    function _pool() internal view returns (IDatacenterRegistry.StakePool memory) {
        return registry.stakePool(provider, address(token));
    }

    function _shares(address account) internal view returns (uint256) {
        return registry.sharesOf(provider, address(token), account);
    }

    function _unbonding(address account) internal view returns (IDatacenterRegistry.Unbonding memory) {
        return registry.unbondingOf(provider, address(token), account);
    }

    function _free() internal view returns (uint256) {
        return registry.freeStake(provider, address(token));
    }

    function _balance(address account) internal view returns (uint256) {
        return vault.balanceOf(address(token), account);
    }

    function _locked() internal view returns (uint256) {
        return vault.lockedOf(address(registry), address(token));
    }
}
