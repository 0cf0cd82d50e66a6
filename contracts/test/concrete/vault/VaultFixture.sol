// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {Test} from "../../utils/Test.sol";
import {TestToken} from "../../utils/TestToken.sol";

/// @title A Vault alone, with one manager, one allowed token and one account that holds 100 inside and 100 outside.
abstract contract VaultFixture is Test {
    address internal governor = address(0x60);
    address internal manager = address(0x3A);
    address internal alice = address(0xA1);
    address internal bob = address(0xB0);
    IVault internal vault;
    TestToken internal token;

    function setUp() public virtual {
        address[] memory managers = new address[](1);
        managers[0] = manager;
        _deploy(managers);
        token = new TestToken();
        _allow(address(token));
        token.mint(alice, 200);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(address(token), alice, 100);
        vm.stopPrank();
    }

    function _deploy(address[] memory managers) internal {
        vault = IVault(vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers)));
    }

    function _allow(address token_) internal {
        vm.prank(governor);
        vault.allowToken(token_);
    }

    function _balance(address account) internal view returns (uint256) {
        return vault.balanceOf(address(token), account);
    }

    function _locked() internal view returns (uint256) {
        return vault.lockedOf(manager, address(token));
    }
}
