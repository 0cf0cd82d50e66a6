// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IPermit2} from "../../src/interfaces/IPermit2.sol";
import {TestPermit2} from "./TestPermit2.sol";
import {Vm} from "./Vm.sol";

/// @title What a wallet signs so that the Vault can pull its tokens: see IVault.
library Funding {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    string internal constant WITNESS_TYPE =
        "Funding witness)Funding(bytes32 purpose)TokenPermissions(address token,uint256 amount)";

    function permit(uint256 key, address token, address vault, uint256 value, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        address owner = vm.addr(key);
        uint256 nonce = IERC20Permit(token).nonces(owner);
        bytes32 message = keccak256(abi.encode(PERMIT_TYPEHASH, owner, vault, value, nonce, deadline));
        bytes32 domain = IERC20Permit(token).DOMAIN_SEPARATOR();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, message)));
        return bytes.concat(hex"01", abi.encode(value, deadline, v, r, s));
    }

    struct Permit2Order {
        TestPermit2 permit2;
        address token;
        address vault;
        uint256 permitted;
        uint256 nonce;
        uint256 deadline;
        bytes32 purpose;
    }

    function permit2(uint256 key, Permit2Order memory o) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest(o));
        return permit2(o, abi.encodePacked(r, s, v));
    }

    function permit2(Permit2Order memory o, bytes memory signature) internal pure returns (bytes memory) {
        return bytes.concat(hex"02", abi.encode(o.permitted, o.nonce, o.deadline, signature));
    }

    function digest(Permit2Order memory o) internal view returns (bytes32) {
        bytes32 witness = keccak256(abi.encode(keccak256("Funding(bytes32 purpose)"), o.purpose));
        IPermit2.PermitTransferFrom memory p =
            IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(o.token, o.permitted), o.nonce, o.deadline);
        return o.permit2.digest(p, o.vault, witness, WITNESS_TYPE);
    }
}
